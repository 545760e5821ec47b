package io.helmwatch.sinks.kafka;

import io.helmwatch.config.KafkaConfig;
import io.helmwatch.sinks.DetectionJson;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.sinks.SinkCounters;
import io.helmwatch.sinks.SinkDropCause;
import io.helmwatch.sinks.SinkStatistics;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamStatus;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes to Kafka: one message per analysed frame to the detections topic, at most once; one per change of a stream's
 * state to the streams topic, repeated until acknowledged. The key is the stream's id, so that a stream's messages stay in
 * order; headers follow the binary mode of CloudEvents 1.0.
 *
 * <p>A broker that is away, slow or refuses never holds up the caller: {@link #publish} moves the message into a bounded
 * queue, and a thread of the sink's own talks to the client, whose calls may block. When the queue is full the oldest
 * message makes room and is counted. The sink starts without a broker and recovers without a restart; a client that ended
 * in a state from which it cannot recover is replaced.
 *
 * <p>Threading: publish and statistics by any thread; {@link #close} by one, and it takes at most about five seconds, two while the broker is away.
 */
public final class KafkaDetectionSink implements DetectionSink {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaDetectionSink.class);
    private static final long IDLE_MILLIS = 250;
    private static final long FIRST_RETRY_MILLIS = 100;
    private static final long LAST_RETRY_MILLIS = 2_000;
    /** Messages under way without any acknowledgement for this long: the broker is away, whatever the client still hopes. */
    private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(3);

    private static final long CHECK_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration CLOSE_TIMEOUT_AWAY = Duration.ofSeconds(2);
    /** Of the time to close, what the client gets to deliver what it has taken. */
    private static final Duration FLUSH_TIMEOUT = Duration.ofMillis(1_500);

    private static final Header DETECTIONS_TYPE = CloudEventHeaders.type("io.helmwatch.detections");
    private static final Header STATUS_TYPE = CloudEventHeaders.type("io.helmwatch.stream");

    private final KafkaConfig config;
    private final Map<String, Object> producerProperties;
    private final Outbox outbox;
    private final SinkCounters counters;
    private final BrokerState state;
    private final KafkaTopics topics;
    private final Thread sender;
    private final AtomicInteger underWay = new AtomicInteger();
    private final Callback detectionsCallback = this::onDetectionsDone;
    private final DetectionJson json = new DetectionJson();
    private final Map<String, StreamConstants> streams = new HashMap<>();

    private volatile boolean closing;
    private volatile long closeByNanos;
    private volatile long lastProgressNanos;
    private volatile boolean replaceProducer;
    private volatile boolean trouble;
    private boolean closed;

    // Owned by the sending thread.
    private @Nullable Producer<byte[], byte[]> producer;
    private @Nullable Exception refusedAtOnce;
    private long retryMillis = FIRST_RETRY_MILLIS;
    private long checkedNanos = System.nanoTime();

    /**
     * Starts sending; returns at once, with or without a broker.
     *
     * @throws IllegalArgumentException when a client property cannot be used, in one sentence without secrets
     */
    public KafkaDetectionSink(KafkaConfig config) {
        this.config = config;
        this.producerProperties = KafkaProperties.producer(config);
        this.outbox = new Outbox(config.queueCapacity());
        this.counters = new SinkCounters(outbox::depth);
        this.state = new BrokerState(config.bootstrapServers(), counters);
        this.topics = new KafkaTopics(config, new KafkaTopics.Listener() {
            @Override
            public void onSettled(Set<String> created) {
                // While messages do not get through, only one that does shows that all is well again.
                if (!trouble || isIdle()) {
                    state.up();
                }
                if (created.contains(config.streamsTopic())) {
                    outbox.repeatLatest();
                }
                outbox.wake();
            }

            @Override
            public void onMissing(String reason) {
                state.away(reason);
                outbox.wake();
            }

            @Override
            public void onAway(String reason) {
                state.away(reason);
            }
        });
        this.sender = new Thread(this::run, "kafka-sink");
        sender.setDaemon(true);
        topics.start();
        sender.start();
    }

    /**
     * Checks what the configuration says about the client, without talking to a broker.
     *
     * @throws IllegalArgumentException when a client property cannot be used, in one sentence without secrets
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
        } else {
            outbox.add(status);
        }
    }

    @Override
    public SinkStatistics statistics() {
        return counters;
    }

    private void run() {
        lastProgressNanos = System.nanoTime();
        try {
            while (!isDone()) {
                try {
                    step();
                } catch (RuntimeException e) {
                    onClientFailure(e);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            topics.close();
            closeProducer(Duration.ofNanos(Math.max(0, closeByNanos - System.nanoTime())));
        }
    }

    private boolean isDone() {
        return closing && (outbox.depth() == 0 || System.nanoTime() - closeByNanos + FLUSH_TIMEOUT.toNanos() >= 0);
    }

    /** Sends what waits, or waits. */
    private void step() throws InterruptedException {
        state.log();
        watch();
        if (replaceProducer) {
            closeProducer(Duration.ZERO);
            replaceProducer = false;
        }
        Producer<byte[], byte[]> client = producer;
        if (client == null) {
            client = new KafkaProducer<>(producerProperties);
            producer = client;
        }
        if (!topics.isSettled()) {
            outbox.pause(IDLE_MILLIS);
            return;
        }
        Outbox.StatusMessage status = outbox.pollStatus();
        while (status != null) {
            if (!send(client, status)) {
                return;
            }
            status = outbox.pollStatus();
        }
        FrameDetections frame = outbox.pollDetections();
        if (frame == null) {
            outbox.await(IDLE_MILLIS);
        } else {
            send(client, frame);
        }
    }

    private void send(Producer<byte[], byte[]> client, FrameDetections frame) throws InterruptedException {
        byte[] value;
        try {
            value = json.detections(frame, System.currentTimeMillis());
        } catch (RuntimeException e) {
            counters.countDropped(SinkDropCause.FAILED, 1);
            return;
        }
        StreamConstants stream = constantsOf(frame.stream());
        ProducerRecord<byte[], byte[]> message = new ProducerRecord<>(
                config.detectionsTopic(),
                null,
                frame.capturedAtMillis() > 0 ? frame.capturedAtMillis() : null,
                stream.key,
                value,
                headers(DETECTIONS_TYPE, frame.id(), stream, frame.capturedAtMillis()));
        Exception refusal = hand(client, message, detectionsCallback);
        if (refusal == null) {
            return;
        }
        if (refusal instanceof RecordTooLargeException) {
            counters.countDropped(SinkDropCause.TOO_LARGE, 1);
            return;
        }
        if (outbox.giveBack(frame)) {
            counters.countDropped(SinkDropCause.QUEUE_FULL, 1);
        }
        onRefused(refusal);
    }

    /** Returns whether the client took it. */
    private boolean send(Producer<byte[], byte[]> client, Outbox.StatusMessage message) throws InterruptedException {
        StreamStatus status = message.status;
        StreamConstants stream = constantsOf(status.stream());
        ProducerRecord<byte[], byte[]> toSend = new ProducerRecord<>(
                config.streamsTopic(),
                null,
                status.atMillis() > 0 ? status.atMillis() : null,
                stream.key,
                json.status(status, System.currentTimeMillis()),
                headers(STATUS_TYPE, DetectionJson.id(status), stream, status.atMillis()));
        Exception refusal = hand(client, toSend, (metadata, failure) -> onStatusDone(message, failure));
        if (refusal == null) {
            return true;
        }
        if (!outbox.giveBack(message)) {
            counters.countDropped(cause(refusal), 1);
        }
        onRefused(refusal);
        return false;
    }

    /** Hands a message to the client; returns why it did not take it, or null. */
    private @Nullable Exception hand(
            Producer<byte[], byte[]> client, ProducerRecord<byte[], byte[]> message, Callback callback) {
        if (underWay.getAndIncrement() == 0) {
            lastProgressNanos = System.nanoTime();
        }
        refusedAtOnce = null;
        try {
            var unusedFuture = client.send(message, callback);
        } catch (KafkaException | IllegalStateException e) {
            underWay.decrementAndGet();
            return e;
        }
        return refusedAtOnce;
    }

    /** On the client's thread, or on the sending thread when the client refuses at once. */
    private void onDetectionsDone(@Nullable RecordMetadata metadata, @Nullable Exception failure) {
        if (isRefusedAtOnce(failure)) {
            return;
        }
        if (failure == null) {
            onAcknowledged();
        } else {
            counters.countDropped(cause(failure), 1);
            onLost(failure);
        }
    }

    private void onStatusDone(Outbox.StatusMessage message, @Nullable Exception failure) {
        if (isRefusedAtOnce(failure)) {
            return;
        }
        if (failure == null) {
            onAcknowledged();
        } else {
            if (!outbox.giveBack(message)) {
                counters.countDropped(cause(failure), 1);
            }
            onLost(failure);
        }
    }

    private boolean isRefusedAtOnce(@Nullable Exception failure) {
        underWay.decrementAndGet();
        if (failure == null || !Thread.currentThread().equals(sender)) {
            return false;
        }
        refusedAtOnce = failure;
        return true;
    }

    private void onAcknowledged() {
        lastProgressNanos = System.nanoTime();
        counters.countPublished();
        trouble = false;
        state.up();
    }

    /** A message that the client had taken did not arrive. */
    private void onLost(Exception failure) {
        if (closing || failure instanceof RecordTooLargeException) {
            return;
        }
        onTrouble(failure);
    }

    /** The client did not take a message; it is queued again. */
    private void onRefused(Exception refusal) throws InterruptedException {
        onTrouble(refusal);
        // Of a time-out, the wait for metadata or buffer memory has been had already.
        if (!(refusal instanceof TimeoutException)) {
            backOff();
        }
    }

    /** The client cannot be made or failed in an unexpected way. */
    private void onClientFailure(RuntimeException failure) throws InterruptedException {
        onTrouble(failure);
        replaceProducer = true;
        backOff();
    }

    private void onTrouble(Exception failure) {
        trouble = true;
        String missing = topics.missing();
        state.away(missing.isEmpty() ? KafkaProperties.away(config.bootstrapServers(), failure) : missing);
        if (!mayRecover(failure)) {
            replaceProducer = true;
        }
        topics.check();
    }

    private void backOff() throws InterruptedException {
        outbox.pause(retryMillis);
        retryMillis = counters.connected() ? FIRST_RETRY_MILLIS : Math.min(LAST_RETRY_MILLIS, retryMillis * 2);
    }

    private boolean isIdle() {
        return underWay.get() == 0 && outbox.depth() == 0;
    }

    /** Notices a broker that went away without a word, and one that is back while nothing is to be sent. */
    private void watch() {
        long now = System.nanoTime();
        if (counters.connected() && underWay.get() > 0 && now - lastProgressNanos > SILENCE_NANOS) {
            trouble = true;
            state.away(config.bootstrapServers() + " acknowledges nothing");
            topics.check();
        } else if (!counters.connected() && isIdle() && now - checkedNanos > CHECK_NANOS) {
            checkedNanos = now;
            topics.check();
        }
    }

    /** Whether the same client may succeed later. */
    private static boolean mayRecover(Exception failure) {
        return failure instanceof RetriableException
                || failure instanceof AuthenticationException
                || (failure instanceof AuthorizationException && !(failure instanceof ClusterAuthorizationException));
    }

    private SinkDropCause cause(Exception failure) {
        if (failure instanceof TimeoutException) {
            return SinkDropCause.EXPIRED;
        }
        if (failure instanceof RecordTooLargeException) {
            return SinkDropCause.TOO_LARGE;
        }
        if (failure instanceof AuthenticationException || failure instanceof AuthorizationException) {
            return SinkDropCause.REFUSED;
        }
        return closing ? SinkDropCause.CLOSED : SinkDropCause.FAILED;
    }

    private StreamConstants constantsOf(String stream) {
        StreamConstants known = streams.get(stream);
        if (known == null) {
            known = new StreamConstants(stream);
            streams.put(stream, known);
        }
        return known;
    }

    private static List<Header> headers(Header type, String id, StreamConstants stream, long atMillis) {
        List<Header> headers = new ArrayList<>(6);
        headers.add(CloudEventHeaders.SPEC_VERSION);
        headers.add(type);
        headers.add(CloudEventHeaders.id(id));
        headers.add(stream.source);
        headers.add(CloudEventHeaders.time(atMillis));
        headers.add(CloudEventHeaders.CONTENT_TYPE);
        return headers;
    }

    private void closeProducer(Duration timeout) {
        Producer<byte[], byte[]> client = producer;
        producer = null;
        if (client != null) {
            try {
                client.close(timeout);
            } catch (RuntimeException e) {
                LOG.debug("kafka client did not close: {}", KafkaProperties.sentence(e));
            }
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        Duration timeout = counters.connected() ? CLOSE_TIMEOUT : CLOSE_TIMEOUT_AWAY;
        closeByNanos = System.nanoTime() + timeout.toNanos();
        closing = true;
        outbox.wake();
        boolean interrupted = false;
        try {
            sender.join(timeout.plusMillis(500).toMillis());
        } catch (InterruptedException e) {
            interrupted = true;
        }
        sender.interrupt();
        topics.close();
        int left = outbox.depth();
        if (left > 0) {
            counters.countDropped(SinkDropCause.CLOSED, left);
            LOG.warn("kafka: {} messages were still waiting at the end and are lost", left);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** What every message of a stream carries. */
    private static final class StreamConstants {
        final byte[] key;
        final Header source;

        StreamConstants(String stream) {
            key = stream.getBytes(StandardCharsets.UTF_8);
            source = CloudEventHeaders.source(stream);
        }
    }
}
