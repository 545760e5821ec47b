package io.helmwatch.sinks.kafka;

import io.helmwatch.resource.FailureText;
import io.helmwatch.resource.PrivateFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.Map;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real Kafka broker inside this process, for development, demonstrations and tests: one KRaft node that listens on the
 * loopback address only, without authentication. Any Kafka client of this machine can use it.
 *
 * <p>Topics are not created automatically, since they would lack their settings.
 *
 * <p>Ownership: the data directory is the caller's; without one, a temporary one is created and deleted on {@link #close}.
 * Threading: start, stop and close by one thread at a time; the accessors by any thread.
 */
public final class EmbeddedKafka implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedKafka.class);
    private static final String HOST = "127.0.0.1";
    private static final int NODE_ID = 1;
    private static final String META_PROPERTIES = "meta.properties";

    private final Path dataDir;
    private final boolean temporary;
    private final int port;
    private final int controllerPort;
    private final Map<String, String> overrides;
    private @Nullable KafkaRaftServer server;

    private EmbeddedKafka(
            Path dataDir, boolean temporary, int port, int controllerPort, Map<String, String> overrides) {
        this.dataDir = dataDir;
        this.temporary = temporary;
        this.port = port;
        this.controllerPort = controllerPort;
        this.overrides = Map.copyOf(overrides);
    }

    /** Starts a broker on a free port with a temporary data directory. */
    public static EmbeddedKafka start() {
        return start(null, 0);
    }

    /**
     * Starts a broker.
     *
     * @param dataDir data directory, created when missing and reused by the next start; null for a temporary one
     * @param port port on the loopback address; 0 selects a free one
     * @throws IllegalStateException when it cannot start, with the reason in one sentence
     */
    public static EmbeddedKafka start(@Nullable Path dataDir, int port) {
        return start(dataDir, port, Map.of());
    }

    /** Starts a broker with additional settings of Kafka's broker configuration, which override ours. */
    public static EmbeddedKafka start(@Nullable Path dataDir, int port, Map<String, String> overrides) {
        Path folder;
        int[] ports;
        try {
            ports = freePorts(port);
        } catch (IOException e) {
            throw new IllegalStateException(
                    "embedded Kafka: port " + port + " on " + HOST + " is taken: choose another or 0", e);
        }
        try {
            folder = dataDir == null ? Files.createTempDirectory("helmwatch-kafka-") : createDirectory(dataDir);
        } catch (IOException e) {
            throw new IllegalStateException(
                    "embedded Kafka: data directory " + dataDir + " cannot be created: " + e, e);
        }
        EmbeddedKafka kafka = new EmbeddedKafka(folder, dataDir == null, ports[0], ports[1], overrides);
        try {
            kafka.restart();
            return kafka;
        } catch (RuntimeException e) {
            kafka.close();
            throw e;
        }
    }

    private static Path createDirectory(Path directory) throws IOException {
        PrivateFiles.createDirectories(directory);
        return directory.toAbsolutePath();
    }

    /** Starts again after {@link #stop}, on the same port and data. Does nothing while running. */
    public void restart() {
        if (server != null) {
            return;
        }
        long startNanos = System.nanoTime();
        try {
            if (!Files.exists(dataDir.resolve(META_PROPERTIES))) {
                format();
            }
            KafkaRaftServer starting = new KafkaRaftServer(new KafkaConfig(settings(), false), Time.SYSTEM);
            try {
                starting.startup();
            } catch (Throwable e) {
                starting.shutdown();
                starting.awaitShutdown();
                throw e;
            }
            server = starting;
        } catch (Exception e) {
            throw new IllegalStateException(
                    "embedded Kafka on " + bootstrapServers() + " with data in " + dataDir + " does not start: "
                            + FailureText.of(FailureText.root(e)),
                    e);
        }
        LOG.info(
                "Embedded Kafka started: address={}, data={}{}, startup={} ms",
                bootstrapServers(),
                dataDir,
                temporary ? " (temporary)" : "",
                (System.nanoTime() - startNanos) / 1_000_000);
    }

    /** Stops the broker and keeps its data, for {@link #restart}. Does nothing while stopped. */
    public void stop() {
        KafkaRaftServer running = server;
        server = null;
        if (running != null) {
            running.shutdown();
            running.awaitShutdown();
        }
    }

    /** The address for clients, {@code 127.0.0.1:PORT}. */
    public String bootstrapServers() {
        return HOST + ":" + port;
    }

    /** The port for clients. */
    public int port() {
        return port;
    }

    /** The data directory. */
    public Path dataDir() {
        return dataDir;
    }

    /** Stops the broker and deletes a temporary data directory; a second call does nothing. */
    @Override
    public void close() {
        try {
            stop();
        } finally {
            if (temporary) {
                deleteData();
            }
        }
    }

    private void format() throws Exception {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        new Formatter()
                .setNodeId(NODE_ID)
                .setClusterId(Uuid.randomUuid().toString())
                .addDirectory(dataDir.toString())
                .setMetadataLogDirectory(dataDir.toString())
                .setControllerListenerName("CONTROLLER")
                .setPrintStream(new PrintStream(output, true, StandardCharsets.UTF_8))
                .run();
    }

    /** Broker configuration of one small node: few threads and buffers, single replicas. */
    private Map<String, Object> settings() {
        Map<String, Object> settings = new HashMap<>();
        settings.put("process.roles", "broker,controller");
        settings.put("node.id", Integer.toString(NODE_ID));
        settings.put("controller.quorum.voters", NODE_ID + "@" + HOST + ":" + controllerPort);
        settings.put("controller.listener.names", "CONTROLLER");
        settings.put("inter.broker.listener.name", "CLIENTS");
        settings.put("listeners", "CLIENTS://" + bootstrapServers() + ",CONTROLLER://" + HOST + ":" + controllerPort);
        settings.put("advertised.listeners", "CLIENTS://" + bootstrapServers());
        settings.put("listener.security.protocol.map", "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT");
        settings.put("log.dirs", dataDir.toString());
        settings.put("auto.create.topics.enable", "false");
        settings.put("num.partitions", "1");
        settings.put("default.replication.factor", "1");
        settings.put("offsets.topic.replication.factor", "1");
        settings.put("offsets.topic.num.partitions", "1");
        settings.put("transaction.state.log.replication.factor", "1");
        settings.put("transaction.state.log.min.isr", "1");
        settings.put("transaction.state.log.num.partitions", "1");
        settings.put("share.coordinator.state.topic.replication.factor", "1");
        settings.put("share.coordinator.state.topic.min.isr", "1");
        settings.put("share.coordinator.state.topic.num.partitions", "1");
        settings.put("group.initial.rebalance.delay.ms", "0");
        settings.put("num.network.threads", "1");
        settings.put("num.io.threads", "2");
        settings.put("log.cleaner.dedupe.buffer.size", "4194304");
        settings.put("log.index.size.max.bytes", "1048576");
        // A killed broker may register again after this time instead of nine seconds.
        settings.put("broker.session.timeout.ms", "4000");
        settings.put("broker.heartbeat.interval.ms", "1000");
        settings.putAll(overrides);
        return settings;
    }

    /** The requested port (or a free one) and a free one for the controller, both free at the same time. */
    private static int[] freePorts(int requested) throws IOException {
        InetAddress loopback = InetAddress.getByName(HOST);
        try (ServerSocket clients = new ServerSocket();
                ServerSocket controller = new ServerSocket(0, 1, loopback)) {
            clients.setReuseAddress(true);
            clients.bind(new InetSocketAddress(loopback, requested), 1);
            return new int[] {clients.getLocalPort(), controller.getLocalPort()};
        }
    }

    private void deleteData() {
        try {
            if (!Files.exists(dataDir)) {
                return;
            }
            Files.walkFileTree(dataDir, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure)
                        throws IOException {
                    Files.deleteIfExists(folder);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException | UncheckedIOException e) {
            LOG.warn("Embedded Kafka: temporary data in {} not deleted: {}", dataDir, e.toString());
        }
    }
}
