package io.helmwatch.sinks.kafka;

import io.helmwatch.config.sink.KafkaConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.apache.kafka.clients.ApiVersions;
import org.apache.kafka.clients.BootstrapConfiguration;
import org.apache.kafka.clients.ClientResponse;
import org.apache.kafka.clients.ClientUtils;
import org.apache.kafka.clients.ManualMetadataUpdater;
import org.apache.kafka.clients.MetadataRecoveryStrategy;
import org.apache.kafka.clients.NetworkClient;
import org.apache.kafka.clients.NetworkClientUtils;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.network.ChannelBuilder;
import org.apache.kafka.common.network.Selector;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.internals.LogContext;

/**
 * Explains why a broker that accepts connections cannot be used: TLS on one side only, or advertised addresses that cannot be
 * reached from here. Kafka's clients report both as a time-out.
 *
 * <p>Threading: any thread; a call takes at most a few seconds.
 */
final class BrokerDiagnosis {
    private static final int TIMEOUT_MILLIS = 1_500;
    private static final int BUFFER_BYTES = 64 * 1024;
    private static final int BOOTSTRAP_NODE = -1;

    private BrokerDiagnosis() {}

    /** One sentence without secrets: what was found and what to change; empty when no cause was found. */
    static String explain(KafkaConfig config, Throwable failure) {
        Map<String, Object> properties = KafkaProperties.admin(config, TIMEOUT_MILLIS);
        String protocol = String.valueOf(properties.getOrDefault("security.protocol", "PLAINTEXT"))
                .toUpperCase(Locale.ROOT);
        if (isAnsweredWithoutTls(failure)) {
            return withoutTls(config.bootstrapServers(), protocol);
        }
        if (!isTimeout(failure)) {
            return "";
        }
        for (String server : config.bootstrapServers().split(",", -1)) {
            InetSocketAddress address = parse(server.strip());
            if (!unreachable(address).isEmpty()) {
                continue;
            }
            Security security = security(address);
            if (protocol.endsWith("SSL") && security == Security.PLAIN) {
                return withoutTls(server.strip(), protocol);
            }
            if (protocol.endsWith("PLAINTEXT") && security == Security.TLS) {
                return server.strip() + " expects TLS, but kafka.properties has security.protocol=" + protocol
                        + ": use the broker's plain port, or set security.protocol: "
                        + protocol.replace("PLAINTEXT", "SSL");
            }
            return explainAdvertised(server.strip(), address, properties);
        }
        return "";
    }

    private static String withoutTls(String servers, String protocol) {
        return servers + " answers without TLS, but kafka.properties has security.protocol=" + protocol
                + ": use the broker's TLS port, or set security.protocol: " + protocol.replace("SSL", "PLAINTEXT");
    }

    private static String explainAdvertised(String server, InetSocketAddress address, Map<String, Object> properties) {
        List<String> advertised = new ArrayList<>();
        for (Node broker : brokers(address, properties)) {
            String reason = unreachable(new InetSocketAddress(broker.host(), broker.port()));
            if (!reason.isEmpty()) {
                advertised.add(broker.host() + ":" + broker.port() + " (" + reason + ")");
            }
        }
        return advertised.isEmpty()
                ? ""
                : server + " answers, but sends clients to " + String.join(", ", advertised)
                        + ": set advertised.listeners of the broker to an address that can be reached from this machine";
    }

    private static boolean isAnsweredWithoutTls(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SSLException
                    && String.valueOf(cause.getMessage()).contains("Unsupported or unrecognized SSL message")) {
                return true;
            }
        }
        return false;
    }

    private static boolean isTimeout(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof TimeoutException || cause instanceof org.apache.kafka.common.errors.TimeoutException) {
                return true;
            }
        }
        return false;
    }

    private static InetSocketAddress parse(String server) {
        int colon = server.lastIndexOf(':');
        try {
            String host = server.substring(0, colon).replaceAll("^\\[|]$", "");
            return new InetSocketAddress(host, Integer.parseInt(server.substring(colon + 1)));
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            return InetSocketAddress.createUnresolved(server, 0);
        }
    }

    /** Why an address cannot be reached; empty when it accepts connections. */
    private static String unreachable(InetSocketAddress address) {
        if (address.isUnresolved()) {
            return "unknown host";
        }
        try (Socket socket = new Socket()) {
            socket.connect(address, TIMEOUT_MILLIS);
            return "";
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private enum Security {
        TLS,
        PLAIN,
        UNKNOWN
    }

    /** TLS when the other side sends a certificate, valid or not; plain when it closes the connection instead. */
    private static Security security(InetSocketAddress address) {
        AtomicBoolean certificate = new AtomicBoolean();
        X509TrustManager observer = new X509TrustManager() {
            @Override
            public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
                throw new CertificateException("not a server");
            }

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
                certificate.set(true);
                throw new CertificateException("observed only");
            }

            @Override
            public X509Certificate[] getAcceptedIssuers() {
                return new X509Certificate[0];
            }
        };
        try (Socket plain = new Socket()) {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {observer}, new SecureRandom());
            plain.connect(address, TIMEOUT_MILLIS);
            plain.setSoTimeout(TIMEOUT_MILLIS);
            try (SSLSocket tls = (SSLSocket)
                    context.getSocketFactory().createSocket(plain, address.getHostString(), address.getPort(), true)) {
                tls.startHandshake();
            }
            return Security.TLS;
        } catch (SocketTimeoutException e) {
            return Security.UNKNOWN;
        } catch (IOException | GeneralSecurityException e) {
            return certificate.get() ? Security.TLS : Security.PLAIN;
        }
    }

    /** The brokers as the cluster advertises them, asked for over the bootstrap connection; empty when there is no answer. */
    private static Collection<Node> brokers(InetSocketAddress address, Map<String, Object> properties) {
        LogContext log = new LogContext();
        Node bootstrap = new Node(BOOTSTRAP_NODE, address.getHostString(), address.getPort());
        try (Metrics metrics = new Metrics();
                ChannelBuilder channels =
                        ClientUtils.createChannelBuilder(new AdminClientConfig(properties), Time.SYSTEM, log);
                Selector selector = new Selector(TIMEOUT_MILLIS, metrics, Time.SYSTEM, "diagnosis", channels, log);
                NetworkClient client = new NetworkClient(
                        selector,
                        new ManualMetadataUpdater(List.of(bootstrap)),
                        KafkaProperties.CLIENT_ID + "-diagnosis",
                        1,
                        TIMEOUT_MILLIS,
                        TIMEOUT_MILLIS,
                        BUFFER_BYTES,
                        BUFFER_BYTES,
                        TIMEOUT_MILLIS,
                        TIMEOUT_MILLIS,
                        TIMEOUT_MILLIS,
                        Time.SYSTEM,
                        true,
                        new ApiVersions(),
                        log,
                        MetadataRecoveryStrategy.NONE,
                        BootstrapConfiguration.DISABLED,
                        false)) {
            if (!NetworkClientUtils.awaitReady(client, bootstrap, Time.SYSTEM, TIMEOUT_MILLIS)) {
                return List.of();
            }
            ClientResponse response = NetworkClientUtils.sendAndReceive(
                    client,
                    client.newClientRequest(
                            bootstrap.idString(),
                            MetadataRequest.Builder.forTopicNames(List.of(), false),
                            Time.SYSTEM.milliseconds(),
                            true),
                    Time.SYSTEM);
            return response.responseBody() instanceof MetadataResponse metadata ? metadata.brokers() : List.of();
        } catch (IOException | KafkaException e) {
            return List.of();
        }
    }
}
