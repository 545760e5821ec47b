package io.helmwatch.sinks.kafka;

import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.sink.KafkaConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;

/**
 * A second listener of a broker, which asks for a password (SCRAM-SHA-512) that can be changed while it runs. Sessions last two
 * seconds: clients that are connected have to show their password again, as with brokers that are run with care.
 */
record PasswordListener(int plainPort, int controllerPort, int port) {
    static final String USER = "site";
    private static final String HOST = "127.0.0.1:";

    /** On free ports. */
    static PasswordListener onFreePorts() throws IOException {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try (ServerSocket plain = new ServerSocket(0, 1, loopback);
                ServerSocket controller = new ServerSocket(0, 1, loopback);
                ServerSocket secured = new ServerSocket(0, 1, loopback)) {
            return new PasswordListener(plain.getLocalPort(), controller.getLocalPort(), secured.getLocalPort());
        }
    }

    /** What the broker's settings are to be. */
    Map<String, String> settings() {
        Map<String, String> settings = new HashMap<>();
        String clients = "CLIENTS://" + plainServers() + ",SECURED://" + servers();
        settings.put("listeners", clients + ",CONTROLLER://" + HOST + controllerPort);
        settings.put("advertised.listeners", clients);
        settings.put("controller.quorum.voters", "1@" + HOST + controllerPort);
        settings.put("listener.security.protocol.map", "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURED:SASL_PLAINTEXT");
        settings.put("listener.name.secured.sasl.enabled.mechanisms", "SCRAM-SHA-512");
        settings.put(
                "listener.name.secured.scram-sha-512.sasl.jaas.config",
                "org.apache.kafka.common.security.scram.ScramLoginModule required;");
        settings.put("listener.name.secured.scram-sha-512.connections.max.reauth.ms", "2000");
        return settings;
    }

    /** Where no password is asked for. */
    String plainServers() {
        return HOST + plainPort;
    }

    /** Where it is. */
    String servers() {
        return HOST + port;
    }

    /** Makes this the user's password from now on. */
    void setPassword(String password) throws InterruptedException, ExecutionException {
        ScramCredentialInfo kind = new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4_096);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", (Object) plainServers()))) {
            admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(USER, kind, password)))
                    .all()
                    .get();
        }
    }

    /** A client's configuration that logs in. */
    KafkaConfig client(String eventsTopic, String password) {
        return TestConfigs.events(
                servers(),
                eventsTopic,
                Map.of(
                        "security.protocol", Secret.of("SASL_PLAINTEXT"),
                        "sasl.mechanism", Secret.of("SCRAM-SHA-512"),
                        "sasl.jaas.config",
                                Secret.of("org.apache.kafka.common.security.scram.ScramLoginModule required username=\""
                                        + USER + "\" password=\"" + password + "\";")));
    }
}
