package io.helmwatch.sinks.kafka;

import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.resource.Quantity;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.sinks.SinkCounters;
import io.helmwatch.sinks.SinkDropCause;
import io.helmwatch.sinks.SinkStatistics;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamOwnership;
import io.helmwatch.vision.StreamStatus;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes to Kafka: one message per analysed frame to the detections topic, at most once; one per state change to the streams
 * topic, repeated until acknowledged and renewed every 30 s, and one without a value when a stream was removed. The key is the stream's id, so that
 * the messages of a stream keep their order; headers follow the binary mode of CloudEvents 1.0.
 *
 * <p>A broker that is unavailable or slow never blocks the caller: {@link #publish} adds the message to a bounded queue, and a
 * {@link DetectionSender} calls the client, which may block. When the queue is full the oldest message is dropped and counted. The sink
 * starts without a broker and recovers without a restart.
 *
 * <p>Threading: publish and statistics by any thread; {@link #close} by one, and it takes at most about five seconds, two while
 * the broker is unavailable.
 */
public final class KafkaDetectionSink implements DetectionSink {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaDetectionSink.class);
    private static final Duration MAX_BACK_OFF = Duration.ofSeconds(2);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration CLOSE_TIMEOUT_UNAVAILABLE = Duration.ofSeconds(2);

    private final StreamOwnership ownership;
    private final Outbox outbox;
    private final SinkCounters counters;
    private final StaleStreams staleStreams;
    private final DetectionSender sender;

    private volatile boolean closing;
    private boolean closed;

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
        outbox = new Outbox(config.queueCapacity(), ownership);
        counters = new SinkCounters(outbox::depth);
        BrokerState state = new BrokerState(
                new BrokerState.Wording(
                        config.bootstrapServers(),
                        "detections",
                        "the newest messages are kept",
                        () -> counters.dropped() + " messages dropped so far"),
                counters);
        ProducerSession session = new ProducerSession(
                config,
                KafkaTopics.topics(config),
                KafkaProperties.producer(config),
                state,
                MAX_BACK_OFF,
                () -> outbox.depth() > 0,
                created -> {
                    if (created.contains(config.topics().streams())) {
                        outbox.repeatLatest();
                    }
                    onTopicsReady();
                });
        staleStreams = new StaleStreams(config, firstCheck, outbox::streams, this::removeStream);
        sender = new DetectionSender(outbox, ownership, new DetectionRecords(config), session, counters, renewal);
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
        } else if (!ownership.isClustered() || ownership.origin(status.stream()) != null) {
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
        if (!ownership.isClustered()) {
            staleStreams.start();
        }
    }

    @Override
    public SinkStatistics statistics() {
        return counters;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        Duration timeout = counters.connected() ? CLOSE_TIMEOUT : CLOSE_TIMEOUT_UNAVAILABLE;
        staleStreams.close();
        if (counters.connected()) {
            outbox.renew(StatusMessage.Reason.RELEASE, System.currentTimeMillis());
        }
        closing = true;
        sender.close(timeout);
        int left = outbox.depth();
        if (left > 0) {
            counters.countDropped(SinkDropCause.CLOSED, left);
            LOG.warn("Kafka: {} dropped at shutdown", Quantity.of(left, "queued message"));
        }
    }
}
