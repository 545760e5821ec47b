package io.helmwatch.sinks.notify.mqtt;

import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import com.hivemq.client.mqtt.mqtt5.Mqtt5ClientBuilder;
import io.helmwatch.config.secret.CertificateFile;
import io.helmwatch.config.sink.NotifyConfig;
import io.helmwatch.sinks.notify.AnnouncedStreams;
import io.helmwatch.sinks.notify.Notifier;
import io.helmwatch.sinks.notify.NotifyException;
import io.helmwatch.sinks.notify.NotifyMessage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Publishes messages and states to an MQTT 5 broker, all with quality of service 1, so that each was acknowledged. Topics below the configured one:
 *
 * <ul>
 *   <li>{@code STREAM/RULE/incident}: every message, the JSON of the events topic
 *   <li>{@code STREAM/RULE/state}: {@code ON} while an incident is open, else {@code OFF}; retained
 *   <li>{@code STREAM/connectivity}: {@code ON} or {@code OFF}, where the target is notified of streams; retained
 *   <li>{@code nodes/NODE/connectivity}: the same for nodes of a cluster
 *   <li>{@code availability}: {@code online}, or {@code offline} as the broker says for us when we are gone; retained
 * </ul>
 *
 * <p>Home Assistant finds a binary sensor for each rule through its discovery topics. In a cluster each node has its own {@code availability/NODE}.
 *
 * <p>Threading: as {@link Notifier}.
 */
public final class MqttNotifier implements Notifier {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final NotifyConfig.Mqtt target;
    private final @Nullable MqttPresence presence;
    private final Duration timeout;
    private final Map<String, Set<String>> open = new HashMap<>();
    private @Nullable Mqtt5AsyncClient client;

    /** Connects with the first message, and leaves nothing but messages at the broker: for a test. */
    public MqttNotifier(NotifyConfig.Mqtt target) {
        this(target, null, TIMEOUT);
    }

    /**
     * Connects when it is used first, and has the broker keep that this process is there.
     *
     * @param node name of this node; null outside of a cluster
     * @param streams the streams whose rules are announced to Home Assistant
     */
    public MqttNotifier(NotifyConfig.Mqtt target, @Nullable String node, AnnouncedStreams streams) {
        this(target, new MqttPresence(target, node, streams), TIMEOUT);
    }

    /** The same with another limit for the time of each answer. */
    MqttNotifier(NotifyConfig.Mqtt target, @Nullable MqttPresence presence, Duration timeout) {
        this.target = target;
        this.presence = presence;
        this.timeout = timeout;
    }

    @Override
    public boolean keepsState() {
        return true;
    }

    @Override
    public void deliver(List<NotifyMessage> messages) throws NotifyException, InterruptedException {
        attempt(connected -> {
            for (NotifyMessage message : messages) {
                publish(connected, message);
            }
        });
    }

    @Override
    public void maintain() throws NotifyException, InterruptedException {
        MqttPresence kept = presence;
        if (kept != null) {
            attempt(kept::update);
        }
    }

    /** What is done with a connection. */
    private interface Use {
        void of(MqttConnection connection) throws InterruptedException, ExecutionException, TimeoutException;
    }

    private void attempt(Use use) throws NotifyException, InterruptedException {
        try {
            use.of(connect());
        } catch (ExecutionException e) {
            disconnect();
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw NotifyException.retryable(broker() + ": " + reason(cause), cause);
        } catch (TimeoutException e) {
            disconnect();
            throw NotifyException.retryable(broker() + " did not answer within " + timeout.toSeconds() + " s", e);
        }
    }

    private MqttConnection connect()
            throws NotifyException, InterruptedException, ExecutionException, TimeoutException {
        Mqtt5AsyncClient known = client;
        if (known != null && known.getState().isConnected()) {
            return new MqttConnection(known, timeout);
        }
        disconnect();
        Mqtt5AsyncClient fresh = build().buildAsync();
        client = fresh;
        MqttConnection connection = new MqttConnection(fresh, timeout);
        var connecting = fresh.connectWith().cleanStart(true).keepAlive(30);
        MqttPresence kept = presence;
        if (kept == null) {
            await(connection, connecting.send());
            return connection;
        }
        await(
                connection,
                connecting
                        .willPublish()
                        .topic(kept.topic())
                        .payload(MqttPresence.OFFLINE.getBytes(StandardCharsets.UTF_8))
                        .qos(MqttQos.AT_LEAST_ONCE)
                        .retain(true)
                        .applyWillPublish()
                        .send());
        kept.begin(connection);
        return connection;
    }

    /** Waits for a broker to accept; a connection that it accepts later is closed, since nobody would use it. */
    private static void await(MqttConnection connection, CompletableFuture<?> accepted)
            throws InterruptedException, ExecutionException, TimeoutException {
        try {
            connection.await(accepted);
        } catch (InterruptedException | TimeoutException e) {
            var unusedFuture = accepted.thenCompose(ready -> connection.client().disconnect());
            throw e;
        }
    }

    private Mqtt5ClientBuilder build() throws NotifyException {
        // Two processes with one name would throw each other out for ever.
        Mqtt5ClientBuilder builder = Mqtt5Client.builder()
                .identifier("helmwatch-" + UUID.randomUUID().toString().substring(0, 8))
                .serverHost(target.host())
                .serverPort(target.port());
        if (target.tls()) {
            builder = builder.sslConfig(MqttClientSslConfig.builder()
                    .trustManagerFactory(authorities())
                    .build());
        }
        if (target.username() != null) {
            var login = builder.simpleAuth().username(target.username());
            builder = target.password() == null
                    ? login.applySimpleAuth()
                    : login.password(target.password().reveal().getBytes(StandardCharsets.UTF_8))
                            .applySimpleAuth();
        }
        return builder;
    }

    private @Nullable TrustManagerFactory authorities() throws NotifyException {
        Path file = target.tlsCaFile();
        if (file == null) {
            return null;
        }
        try {
            return CertificateFile.trust(file);
        } catch (IOException | GeneralSecurityException e) {
            throw NotifyException.retryable("tls-ca-file " + file + " cannot be used: " + e.getMessage(), e);
        }
    }

    private void publish(MqttConnection connected, NotifyMessage message)
            throws InterruptedException, ExecutionException, TimeoutException {
        String stream = message.stream();
        switch (message.type()) {
            case STREAM_OFFLINE -> connected.publish(topic(stream, "connectivity"), "OFF", true);
            case STREAM_BACK -> connected.publish(topic(stream, "connectivity"), "ON", true);
            case NODE_LOST -> connected.publish(topic("nodes", stream, "connectivity"), "OFF", true);
            case NODE_BACK -> connected.publish(topic("nodes", stream, "connectivity"), "ON", true);
            case TEST -> connected.publish(topic("test"), message.value(), false);
            case INCIDENT_EVIDENCE ->
                connected.publish(topic(stream, message.field("rule"), "incident"), message.value(), false);
            case INCIDENT_START, INCIDENT_UPDATE, INCIDENT_END -> {
                String rule = message.field("rule");
                connected.publish(topic(stream, rule, "incident"), message.value(), false);
                Set<String> incidents = open.computeIfAbsent(stream + "/" + rule, key -> new HashSet<>());
                if (message.type() == NotifyMessage.Type.INCIDENT_END) {
                    incidents.remove(message.field("incident"));
                } else {
                    incidents.add(message.field("incident"));
                }
                connected.publish(topic(stream, rule, "state"), incidents.isEmpty() ? "OFF" : "ON", true);
            }
        }
    }

    private String topic(String... levels) {
        return target.topic() + "/" + String.join("/", levels);
    }

    private static String reason(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return root.getMessage() == null ? "the connection failed" : root.getMessage();
    }

    private String broker() {
        return "MQTT broker " + target.host() + ":" + target.port();
    }

    private void disconnect() {
        Mqtt5AsyncClient known = client;
        client = null;
        if (known != null && known.getState().isConnectedOrReconnect()) {
            known.disconnect()
                    .orTimeout(1, TimeUnit.SECONDS)
                    .exceptionally(failure -> null)
                    .join();
        }
    }

    @Override
    public void close() {
        Mqtt5AsyncClient known = client;
        MqttPresence kept = presence;
        if (kept != null && known != null && known.getState().isConnected()) {
            // The broker says "offline" for us only when the connection breaks.
            known.publishWith()
                    .topic(kept.topic())
                    .payload(MqttPresence.OFFLINE.getBytes(StandardCharsets.UTF_8))
                    .qos(MqttQos.AT_LEAST_ONCE)
                    .retain(true)
                    .send()
                    .orTimeout(1, TimeUnit.SECONDS)
                    .exceptionally(failure -> null)
                    .join();
        }
        disconnect();
    }
}
