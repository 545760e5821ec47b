package io.helmwatch.cluster.kafka;

import io.helmwatch.cluster.NodeAnnouncement;
import io.helmwatch.cluster.NodeLoad;
import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.resource.ThreadStop;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes what this node is to the topic of nodes, every 10 s, and that it is gone when it stops. A node that was killed is past its
 * {@code validUntil}.
 *
 * <p>Threading: a thread of its own; {@link #close} by one thread.
 */
final class NodeAnnouncer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeAnnouncer.class);
    private static final long PERIOD_MILLIS = 10_000;
    private static final long RETRY_MILLIS = 1_000;
    private static final Duration VALID = Duration.ofSeconds(30);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(1);

    private final KafkaConfig kafka;
    private final ClusterConfig cluster;
    private final ClusterNode.Identity identity;
    private final IntSupplier cameras;
    private final IntSupplier partitions;
    private final long startedMillis;
    private final Thread thread;
    private volatile boolean closing;

    NodeAnnouncer(
            KafkaConfig kafka,
            ClusterConfig cluster,
            ClusterNode.Identity identity,
            long startedMillis,
            IntSupplier cameras,
            IntSupplier partitions) {
        this.kafka = kafka;
        this.cluster = cluster;
        this.identity = identity;
        this.startedMillis = startedMillis;
        this.cameras = cameras;
        this.partitions = partitions;
        this.thread = new Thread(this::run, "cluster-node");
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        try {
            while (!closing) {
                announce();
                // The name of the broker is not known yet, for example.
                TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
            }
        } catch (InterruptedException | InterruptException e) {
            // The end: the message below says so.
            LOG.debug("Node {} is announced no longer", cluster.node());
        }
        if (closing) {
            Thread.interrupted();
            withdraw();
        }
    }

    /** Announces the node until the thread is interrupted; returns where no client can be created. */
    private void announce() throws InterruptedException {
        try (KafkaProducer<byte[], byte[]> producer = open()) {
            while (!closing) {
                send(producer, message());
                TimeUnit.MILLISECONDS.sleep(PERIOD_MILLIS);
            }
        } catch (InterruptException e) {
            throw e;
        } catch (KafkaException e) {
            LOG.debug("Node {} not announced: {}; retrying", cluster.node(), e.toString());
        }
    }

    private void withdraw() {
        try (KafkaProducer<byte[], byte[]> producer = open()) {
            send(producer, null);
            producer.close(CLOSE_TIMEOUT);
        } catch (InterruptException e) {
            Thread.currentThread().interrupt();
        } catch (KafkaException e) {
            LOG.debug("Node {} not withdrawn: {}", cluster.node(), e.toString());
        }
    }

    private KafkaProducer<byte[], byte[]> open() {
        return new KafkaProducer<>(ClusterClients.producer(kafka, "helmwatch-node"));
    }

    private void send(KafkaProducer<byte[], byte[]> producer, byte @Nullable [] value) {
        try {
            var unusedFuture = producer.send(
                    new ProducerRecord<>(cluster.nodesTopic(), cluster.node().getBytes(StandardCharsets.UTF_8), value));
        } catch (InterruptException e) {
            throw e;
        } catch (KafkaException e) {
            LOG.debug("Node not announced: {}", e.toString());
        }
    }

    private byte[] message() {
        long now = System.currentTimeMillis();
        return new NodeAnnouncement(
                        cluster.node(),
                        cluster.name(),
                        identity.version(),
                        cluster.weight(),
                        partitions.getAsInt(),
                        cameras.getAsInt(),
                        identity.address(),
                        identity.isSecure(),
                        load(),
                        startedMillis,
                        now,
                        now + VALID.toMillis())
                .write();
    }

    /** A node whose load cannot be told is there all the same. */
    private NodeLoad load() {
        try {
            return identity.load().get();
        } catch (RuntimeException e) {
            LOG.debug("Load of node {} not known", cluster.node(), e);
            return NodeLoad.UNKNOWN;
        }
    }

    /** Publishes that the node is gone, where the broker answers. */
    @Override
    public void close() {
        closing = true;
        ThreadStop.interruptAndJoin(thread, 2 * CLOSE_TIMEOUT.toMillis());
    }
}
