package io.helmwatch.sinks.kafka;

import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.sinks.SinkCounters;
import io.helmwatch.sinks.SinkDropCause;
import io.helmwatch.sinks.SinkStatistics;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamOwnership;
import io.helmwatch.vision.StreamStatus;
import java.time.Duration;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes to Kafka: one message per analysed frame to the detections topic, at most once; one per state change to the streams
 * topic, repeated until acknowledged and renewed every 30 s, and one without a value when a stream was removed. The key is the stream's id, so that the messages of a stream keep their order; headers
 * follow the binary mode of CloudEvents 1.0.
 *
 * <p>A broker that is unavailable or slow never blocks the caller: {@link #publish} adds the message to a bounded queue, and a
 * thread of the sink calls the client, which may block. When the queue is full the oldest message is dropped and counted. The sink
 * starts without a broker and recovers without a restart.
 *
 * <p>Threading: publish and statistics by any thread; {@link #close} by one, and it takes at most about five seconds, two while
 * the broker is unavailable.
 */
public final class KafkaDetectionSink implements DetectionSink {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaDetectionSink.class);
    private static final long IDLE_MILLIS = 250;
    /** Pause while it is not known whether another node has a stream. */
    private static final long UNDECIDED_MILLIS = 100;

    private static final Duration MAX_BACK_OFF = Duration.ofSeconds(2);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration CLOSE_TIMEOUT_UNAVAILABLE = Duration.ofSeconds(2);
    /** The part of the close timeout that the client may use to deliver accepted records. */
    private static final Duration FLUSH_TIMEOUT = Duration.ofMillis(1_500);

    private final StreamOwnership ownership;
    private final Outbox outbox;
    private final SinkCounters counters;
    private final ProducerSession session;
    private final DetectionRecords records;
    private final Callback detectionsDelivery;
    private final StaleStreams staleStreams;
    private final Thread sender;

    private volatile boolean closing;
    private volatile long closeByNanos;
    private boolean closed;

    private final long renewalNanos;
    /** Owned by the sending thread. */
    private long renewedNanos = System.nanoTime();

    /**
     * Starts sending; returns at once, with or without a broker.
     *
     * @throws IllegalArgumentException when a client property is invalid, in one sentence without secrets
     */
    public KafkaDetectionSink(KafkaConfig config) {
        this(config, DetectionRecords.RENEWAL, StaleStreams.FIRST_CHECK);
    }

    /**
     * Starts sending as a node of a cluster; returns at once, with or without a broker.
     *
     * @param ownership which streams this node has
     * @throws IllegalArgumentException when a client property is invalid, in one sentence without secrets
     */
    public KafkaDetectionSink(KafkaConfig config, StreamOwnership ownership) {
        this(config, ownership, DetectionRecords.RENEWAL, StaleStreams.FIRST_CHECK);
    }

    KafkaDetectionSink(KafkaConfig config, Duration renewal, Duration firstCheck) {
        this(config, StreamOwnership.NONE, renewal, firstCheck);
    }

    private KafkaDetectionSink(KafkaConfig config, StreamOwnership ownership, Duration renewal, Duration firstCheck) {
        this.ownership = ownership;
        renewalNanos = renewal.toNanos();
        outbox = new Outbox(config.queueCapacity(), ownership);
        counters = new SinkCounters(outbox::depth);
        records = new DetectionRecords(config);
        BrokerState state = new BrokerState(
                new BrokerState.Wording(
                        config.bootstrapServers(),
                        "detections",
                        "the newest messages are kept",
                        () -> counters.dropped() + " messages dropped so far"),
                counters);
        session = new ProducerSession(
                config,
                KafkaTopics.topics(config),
                KafkaProperties.producer(config),
                state,
                MAX_BACK_OFF,
                () -> outbox.depth() > 0,
                created -> {
                    if (created.contains(config.streamsTopic())) {
                        outbox.repeatLatest();
                    }
                    onTopicsReady();
                });
        staleStreams = new StaleStreams(config, firstCheck, outbox::streams, this::removeStream);
        detectionsDelivery = session.delivery(this::onDetectionsDelivered);
        sender = new Thread(this::run, "kafka-sink");
        sender.setDaemon(true);
        session.start();
        sender.start();
    }

    /**
     * Validates the client properties without contacting a broker.
     *
     * @throws IllegalArgumentException when a client property is invalid, in one sentence without secrets
     */
    public static void check(KafkaConfig config) {
        KafkaProperties.producer(config);
    }

    @Override
    public String name() {
        return "kafka";
    }

    @Override
    public void publish(FrameDetections frame) {
        if (closing) {
            counters.countDropped(SinkDropCause.CLOSED, 1);
        } else if (outbox.add(frame)) {
            counters.countDropped(SinkDropCause.QUEUE_FULL, 1);
        }
    }

    @Override
    public void publish(StreamStatus status) {
        if (closing) {
            counters.countDropped(SinkDropCause.CLOSED, 1);
        } else if (ownership.equals(StreamOwnership.NONE) || ownership.origin(status.stream()) != null) {
            outbox.add(status);
        }
    }

    @Override
    public void removeStream(String stream) {
        if (!closing) {
            outbox.remove(stream, System.currentTimeMillis());
        }
    }

    @Override
    public void releaseStream(String stream) {
        if (!closing) {
            outbox.release(stream, System.currentTimeMillis());
        }
    }

    @Override
    public void abandonStream(String stream) {
        outbox.abandon(stream);
    }

    private void onTopicsReady() {
        // In a cluster whoever removes a camera removes its state.
        if (ownership.equals(StreamOwnership.NONE)) {
            staleStreams.start();
        }
    }

    @Override
    public SinkStatistics statistics() {
        return counters;
    }

    private void run() {
        try {
            while (!isDone()) {
                sendNext();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            session.close(Duration.ofNanos(Math.max(0, closeByNanos - System.nanoTime())));
        }
    }

    private boolean isDone() {
        return closing && (outbox.depth() == 0 || System.nanoTime() - closeByNanos + FLUSH_TIMEOUT.toNanos() >= 0);
    }

    /** Sends queued state changes and the detections of one frame, or waits for some. */
    private void sendNext() throws InterruptedException {
        session.maintain();
        if (!session.areTopicsChecked()) {
            session.awaitTopics(IDLE_MILLIS);
            return;
        }
        if (System.nanoTime() - renewedNanos >= renewalNanos && counters.connected()) {
            renewedNanos = System.nanoTime();
            outbox.renew(Outbox.Reason.RENEWAL, System.currentTimeMillis());
        }
        Outbox.StatusMessage status = outbox.pollStatus();
        while (status != null) {
            if (!send(status)) {
                return;
            }
            status = outbox.pollStatus();
        }
        FrameDetections frame = outbox.pollDetections();
        if (frame == null) {
            outbox.await(IDLE_MILLIS);
            return;
        }
        StreamOwnership.Verdict verdict = ownership.verdict(frame.stream(), frame.origin());
        if (verdict != StreamOwnership.Verdict.UNDECIDED) {
            send(frame, verdict == StreamOwnership.Verdict.SUPERSEDED);
            return;
        }
        if (outbox.giveBack(frame)) {
            counters.countDropped(SinkDropCause.QUEUE_FULL, 1);
        }
        session.pause(UNDECIDED_MILLIS);
    }

    private void send(FrameDetections frame, boolean isSuperseded) throws InterruptedException {
        ProducerRecord<byte[], byte[]> record;
        try {
            record = records.detections(frame, System.currentTimeMillis(), isSuperseded);
        } catch (RuntimeException e) {
            counters.countDropped(SinkDropCause.FAILED, 1);
            return;
        }
        Exception rejection = session.send(record, detectionsDelivery);
        if (rejection == null) {
            return;
        }
        if (rejection instanceof RecordTooLargeException) {
            counters.countDropped(SinkDropCause.TOO_LARGE, 1);
            return;
        }
        if (outbox.giveBack(frame)) {
            counters.countDropped(SinkDropCause.QUEUE_FULL, 1);
        }
        onRejected(rejection);
    }

    /** Returns whether the client accepted the message. */
    private boolean send(Outbox.StatusMessage message) throws InterruptedException {
        switch (ownership.verdict(message.stream, message.origin)) {
            case SUPERSEDED -> {
                // The topic keeps the last message of each key: this one would hide the other node's.
                outbox.delivered(message);
                return true;
            }
            case UNDECIDED -> {
                outbox.giveBack(message);
                session.pause(UNDECIDED_MILLIS);
                return false;
            }
            case CURRENT -> {
                // Sent below.
            }
        }
        ProducerRecord<byte[], byte[]> record = records.status(message, System.currentTimeMillis());
        Exception rejection = session.send(record, session.delivery(failure -> onStatusDelivered(message, failure)));
        if (rejection == null) {
            return true;
        }
        if (!outbox.giveBack(message)) {
            counters.countDropped(cause(rejection), 1);
        }
        onRejected(rejection);
        return false;
    }

    private void onDetectionsDelivered(@Nullable Exception failure) {
        if (failure == null) {
            counters.countPublished();
        } else {
            counters.countDropped(cause(failure), 1);
        }
    }

    private void onStatusDelivered(Outbox.StatusMessage message, @Nullable Exception failure) {
        if (failure == null) {
            counters.countPublished();
            outbox.delivered(message);
        } else if (!outbox.giveBack(message)) {
            counters.countDropped(cause(failure), 1);
        }
    }

    private void onRejected(Exception rejection) throws InterruptedException {
        session.onFailure(rejection);
        // A time-out has already waited for metadata or buffer memory.
        if (!(rejection instanceof TimeoutException)) {
            session.backOff();
        }
    }

    private SinkDropCause cause(Exception failure) {
        SinkDropCause cause = KafkaFailures.dropCause(failure);
        return cause == SinkDropCause.FAILED && closing ? SinkDropCause.CLOSED : cause;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        Duration timeout = counters.connected() ? CLOSE_TIMEOUT : CLOSE_TIMEOUT_UNAVAILABLE;
        closeByNanos = System.nanoTime() + timeout.toNanos();
        staleStreams.close();
        if (counters.connected()) {
            outbox.renew(Outbox.Reason.RELEASE, System.currentTimeMillis());
        }
        closing = true;
        session.beginClose();
        outbox.wake();
        boolean interrupted = false;
        try {
            sender.join(timeout.plusMillis(500).toMillis());
        } catch (InterruptedException e) {
            interrupted = true;
        }
        sender.interrupt();
        session.closeTopics();
        int left = outbox.depth();
        if (left > 0) {
            counters.countDropped(SinkDropCause.CLOSED, left);
            LOG.warn("Kafka: {} queued messages dropped at shutdown", left);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
