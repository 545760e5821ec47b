package io.helmwatch.cluster.kafka;

import io.helmwatch.cluster.Acknowledgement;
import io.helmwatch.cluster.AcknowledgementStatistics;
import io.helmwatch.cluster.AcknowledgementStore;
import io.helmwatch.cluster.AcknowledgementTable;
import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.resource.ThreadStop;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Acknowledgements of incidents that all nodes of a cluster know, over a compacted topic. What is given on this node is kept in its store first, and
 * published when the broker answers; the order of the topic decides between several nodes.
 *
 * <p>Threading: a thread of its own works on the store; the methods by any, {@link #close} by one.
 */
public final class SharedAcknowledgements implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SharedAcknowledgements.class);
    private static final long PERIOD_MILLIS = 250;
    private static final long RETRY_MILLIS = 1_000;
    private static final Duration CLOSE_TIMEOUT = Duration.ofMillis(500);
    private static final long CHECK_MILLIS = 50;
    /** Older knowledge of the topic is waited for. */
    private static final long STALE_NANOS = TimeUnit.SECONDS.toNanos(4);

    private static final long START_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final KafkaConfig kafka;
    private final ClusterConfig cluster;
    private final AcknowledgementStore store;
    private final AcknowledgementStatistics statistics;
    private final AcknowledgementTable table = new AcknowledgementTable();
    private final TopicTable topic;
    private final long startNanos = System.nanoTime();
    private final Semaphore given = new Semaphore(1);
    private final Thread thread;
    private volatile boolean closing;
    /** Whether what arrives is new, and not read again. */
    private volatile boolean isFollowing;
    /** Whether it was waited for in vain since the topic was last read. */
    private volatile boolean isGivenUp;

    /** Starts to follow the topic; returns at once. */
    SharedAcknowledgements(
            KafkaConfig kafka,
            ClusterConfig cluster,
            AcknowledgementStore store,
            AcknowledgementStatistics statistics) {
        this.kafka = kafka;
        this.cluster = cluster;
        this.store = store;
        this.statistics = statistics;
        topic = new TopicTable(
                kafka,
                cluster.acknowledgementsTopic(),
                (partition, incident, message, arrival) -> receive(incident, message));
        thread = new Thread(this::run, "cluster-acknowledgements");
        thread.setDaemon(true);
        thread.start();
    }

    /** The store has an acknowledgement to be published. */
    public void publish() {
        given.release();
    }

    /**
     * Whether the topic has an incident as acknowledged. Waits until it was read lately: half a minute after the start, some seconds later on, not at all
     * while the broker stays away.
     */
    public boolean isAcknowledged(String incident) {
        long begun = System.nanoTime();
        long until = begun + WAIT_NANOS;
        if (!topic.isRead() && startNanos + START_NANOS - until > 0) {
            until = startNanos + START_NANOS;
        }
        try {
            while (!topic.isReadSince(begun - STALE_NANOS) && !isGivenUp && !closing) {
                isGivenUp = System.nanoTime() - until >= 0;
                TimeUnit.MILLISECONDS.sleep(CHECK_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (topic.isReadSince(begun - STALE_NANOS)) {
            isGivenUp = false;
        }
        return table.isAcknowledged(incident);
    }

    private void receive(String incident, byte @Nullable [] message) {
        table.put(incident, message)
                .filter(change -> isFollowing && !change.said().node().equals(cluster.node()))
                .ifPresent(change -> statistics.received(change.isConflict()));
    }

    private void run() {
        KafkaProducer<byte[], byte[]> producer = null;
        try {
            producer = open();
            share(producer);
        } catch (InterruptedException | InterruptException e) {
            LOG.debug("Acknowledgements are shared no longer");
        } finally {
            if (producer != null) {
                // Else the producer complains of being closed by an interrupted thread.
                Thread.interrupted();
                producer.close(CLOSE_TIMEOUT);
            }
        }
    }

    /** Waits until a client can be created: until the name of the broker is known, for example. */
    private KafkaProducer<byte[], byte[]> open() throws InterruptedException {
        String problem = "";
        while (true) {
            try {
                return new KafkaProducer<>(ClusterClients.producer(kafka, "helmwatch-acknowledgements"));
            } catch (KafkaException e) {
                Throwable cause = e.getCause() == null ? e : e.getCause();
                if (problem.isEmpty()) {
                    problem = String.valueOf(cause.getMessage());
                    LOG.warn("Acknowledgements are not shared with the other nodes: {}; retrying", problem);
                }
                TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
            }
        }
    }

    private void share(KafkaProducer<byte[], byte[]> producer) throws InterruptedException {
        String problem = "";
        while (!closing) {
            try {
                apply();
                if (given.tryAcquire(PERIOD_MILLIS, TimeUnit.MILLISECONDS)) {
                    given.drainPermits();
                    publish(producer);
                }
                problem = "";
            } catch (InterruptException e) {
                throw e;
            } catch (ExecutionException | TimeoutException | RuntimeException e) {
                given.release();
                Throwable cause = e.getCause() == null ? e : e.getCause();
                if (problem.isEmpty()) {
                    problem = String.valueOf(cause.getMessage());
                    LOG.warn("Acknowledgements are not shared with the other nodes: {}; retrying", problem);
                }
                TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
            }
        }
    }

    /** While the topic is read again, older messages come by again: they are looked at when the newest are known. */
    private void apply() {
        isFollowing = topic.isRead();
        if (!isFollowing) {
            return;
        }
        List<Acknowledgement> changed = table.takeChanged();
        if (!changed.isEmpty()) {
            try {
                store.apply(changed);
            } catch (RuntimeException e) {
                table.putBack(changed);
                throw e;
            }
        }
    }

    private void publish(KafkaProducer<byte[], byte[]> producer)
            throws InterruptedException, ExecutionException, TimeoutException {
        for (AcknowledgementStore.Unpublished change : store.unpublished()) {
            Acknowledgement said = change.said();
            statistics.waiting(said.atMillis());
            producer.send(new ProducerRecord<>(
                            cluster.acknowledgementsTopic(),
                            said.incident().getBytes(StandardCharsets.UTF_8),
                            said.write()))
                    .get(2 * ClusterClients.TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            store.published(change);
            statistics.published(said.atMillis());
        }
        statistics.idle();
    }

    /** What is not published yet stays in the store. */
    @Override
    public void close() {
        closing = true;
        topic.close();
        ThreadStop.interruptAndJoin(thread, 2 * CLOSE_TIMEOUT.toMillis());
    }
}
