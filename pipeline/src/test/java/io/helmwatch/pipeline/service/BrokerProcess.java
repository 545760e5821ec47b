package io.helmwatch.pipeline.service;

import io.helmwatch.sinks.kafka.EmbeddedKafka;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.plain.PlainAuthenticateCallback;

/**
 * A broker in a process of its own that asks for a password, so that it can be stopped, paused, and made to refuse us; {@code DATA_DIR PORT
 * REFUSE_FILE}. Sessions last two seconds, then clients have to log in again.
 */
final class BrokerProcess implements AutoCloseable {
    private static final String REFUSE_FILE = "test.refuse.file";
    private static final String LOGIN =
            "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"%s\""
                    + " password=\"let-me-in\";";

    private final Path folder;
    private final int port;
    private Process process;

    BrokerProcess(Path folder) throws IOException {
        this.folder = folder;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        start();
    }

    public static void main(String[] args) throws IOException {
        System.setProperty(REFUSE_FILE, args[2]);
        Map<String, String> settings = Map.of(
                "listener.security.protocol.map", "CLIENTS:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
                "sasl.enabled.mechanisms", "PLAIN",
                "sasl.mechanism.inter.broker.protocol", "PLAIN",
                "listener.name.clients.plain.sasl.jaas.config", LOGIN.formatted("broker"),
                "listener.name.clients.plain.sasl.server.callback.handler.class", Doorman.class.getName(),
                "listener.name.clients.plain.connections.max.reauth.ms", "2000");
        try (EmbeddedKafka broker = EmbeddedKafka.start(Path.of(args[0]), Integer.parseInt(args[1]), settings)) {
            System.out.println("ready " + broker.bootstrapServers());
            while (System.in.read() >= 0) {
                Thread.onSpinWait();
            }
        }
    }

    /** The section {@code kafka} of a configuration that logs in. */
    String yaml() {
        return """
                kafka:
                  bootstrap-servers: 127.0.0.1:%d
                  properties:
                    security.protocol: SASL_PLAINTEXT
                    sasl.mechanism: PLAIN
                    sasl.jaas.config: '%s'
                """.formatted(port, LOGIN.formatted("site"));
    }

    void start() throws IOException {
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx384m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        BrokerProcess.class.getName(),
                        folder.resolve("kafka").toString(),
                        Integer.toString(port),
                        refuseFile().toString())
                .redirectError(folder.resolve("broker.log").toFile())
                .start();
        BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
        String line = lines.readLine();
        while (line != null && !line.startsWith("ready")) {
            line = lines.readLine();
        }
        if (line == null) {
            throw new IllegalStateException(
                    "the broker does not start: " + Files.readString(folder.resolve("broker.log")));
        }
    }

    void stop() throws InterruptedException {
        process.destroy();
        process.waitFor();
    }

    /** Sends a signal, such as STOP. */
    void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("sh", "-c", "kill -" + name + " " + process.pid())
                .start()
                .waitFor();
    }

    void refuse() throws IOException {
        Files.createFile(refuseFile());
    }

    void accept() throws IOException {
        Files.delete(refuseFile());
    }

    private Path refuseFile() {
        return folder.resolve("refuse");
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    /** Lets the broker itself in, and the site while it is not to be refused. */
    public static final class Doorman implements AuthenticateCallbackHandler {
        private String user = "";

        @Override
        public void configure(Map<String, ?> configs, String mechanism, List<AppConfigurationEntry> entries) {}

        @Override
        public void handle(Callback[] callbacks) {
            for (Callback callback : callbacks) {
                if (callback instanceof NameCallback name) {
                    user = name.getDefaultName();
                } else if (callback instanceof PlainAuthenticateCallback plain) {
                    plain.authenticated(
                            user.equals("broker") || !Files.exists(Path.of(System.getProperty(REFUSE_FILE))));
                }
            }
        }

        @Override
        public void close() {}
    }
}
