package io.helmwatch.sinks.notify.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.sink.NotifyConfig;
import io.helmwatch.sinks.notify.AnnouncedStreams;
import io.helmwatch.sinks.notify.FaultyRelay;
import io.helmwatch.sinks.notify.Notifier;
import io.helmwatch.sinks.notify.TargetFaults;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Delivery to Mosquitto. */
class MqttFaultsTest extends TargetFaults {
    private static final Path MOSQUITTO = Path.of("/usr/sbin/mosquitto");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PASSWORD = "w0rd";
    /** First byte of a PUBACK, MQTT 5, 3.4.1. */
    private static final int PUBACK = 0x40;

    private final List<String> received = new CopyOnWriteArrayList<>();
    private Process broker;

    @BeforeEach
    void start() throws Exception {
        assumeTrue(
                Files.isExecutable(MOSQUITTO), "there is no /usr/sbin/mosquitto: install Debian's package mosquitto");
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Path configuration =
                Files.writeString(folder.resolve("mosquitto.conf"), """
                    listener %d 127.0.0.1
                    allow_anonymous false
                    password_file %s
                    persistence false
                    user root
                    """.formatted(port, folder.resolve("users")));
        password("listener", PASSWORD);
        password("helmwatch", PASSWORD);
        broker = new ProcessBuilder(MOSQUITTO.toString(), "-c", configuration.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("mosquitto.log").toFile())
                .start();
        listen(port);
        relay = new FaultyRelay(port, (sent, answer) -> (answer[0] & 0xf0) == PUBACK);
    }

    private void password(String user, String word) throws Exception {
        Path users = folder.resolve("users");
        if (!Files.exists(users)) {
            Files.createFile(users);
        }
        assertThat(new ProcessBuilder("mosquitto_passwd", "-b", users.toString(), user, word)
                        .inheritIO()
                        .start()
                        .waitFor())
                .isZero();
    }

    private void listen(int port) {
        Mqtt5BlockingClient client =
                Mqtt5Client.builder().serverHost("127.0.0.1").serverPort(port).buildBlocking();
        await().ignoreExceptions().until(() -> {
            client.connectWith()
                    .simpleAuth()
                    .username("listener")
                    .password(PASSWORD.getBytes(StandardCharsets.UTF_8))
                    .applySimpleAuth()
                    .send();
            return true;
        });
        client.toAsync()
                .subscribeWith()
                .topicFilter("+/+/+/incident")
                .callback(message -> received.add(id(message.getPayloadAsBytes())))
                .send()
                .join();
    }

    private static String id(byte[] json) {
        try {
            return JSON.readTree(json).get("id").asText();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @AfterEach
    void stop() throws Exception {
        if (broker != null) {
            broker.destroy();
            broker.waitFor(5, TimeUnit.SECONDS);
        }
    }

    private static NotifyConfig.Mqtt target(int port) {
        return new NotifyConfig.Mqtt(
                "127.0.0.1", port, false, null, "helmwatch", Secret.of(PASSWORD), "helmwatch", null);
    }

    @Override
    protected NotifyConfig.Target target() {
        return target(relay.port());
    }

    @Override
    protected Notifier notifier() {
        return new MqttNotifier(
                target(relay.port()), new MqttPresence(target(relay.port()), null, new AnnouncedStreams()), ANSWER);
    }

    @Override
    protected List<String> receivedMessages() {
        return received;
    }

    @Override
    protected void refuse(boolean isRefused) throws Exception {
        password("helmwatch", isRefused ? "an0ther" : PASSWORD);
        // Reads its users again.
        assertThat(new ProcessBuilder("sh", "-c", "kill -HUP " + broker.pid())
                        .start()
                        .waitFor())
                .isZero();
        relay.cut();
    }

    @Override
    protected Class<?> process() {
        return Sender.class;
    }

    /** The process that is killed. */
    static final class Sender {
        private Sender() {}

        public static void main(String[] arguments) throws Exception {
            NotifyConfig.Mqtt target = target(Integer.parseInt(arguments[0]));
            notifyWithoutEnd(target, new MqttNotifier(target, null, new AnnouncedStreams()), arguments);
        }
    }
}
