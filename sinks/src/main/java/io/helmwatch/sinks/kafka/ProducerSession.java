package io.helmwatch.sinks.kafka;

import io.helmwatch.config.sink.KafkaConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Kafka producer with its whole life: created with the first record, replaced when it failed for good, watched for a broker that
 * stopped acknowledging, and slowed down by back-off. The topics are created before the first record is sent.
 *
 * <p>Back-off: pauses double from 0.1 s to the given maximum, less up to a fifth at random. They start again from 0.1 s after an
 * acknowledgement, and end early when the broker becomes reachable.
 *
 * <p>Threading: {@link #start}, {@link #send}, {@link #maintain}, {@link #watch}, {@link #pause}, {@link #backOff},
 * {@link #discardProducer} and {@link #close} by the owning thread; the others by any. Deliveries complete on a thread of the
 * client.
 */
final class ProducerSession {
    private static final Logger LOG = LoggerFactory.getLogger(ProducerSession.class);
    private static final long FIRST_BACK_OFF_MILLIS = 100;
    /** In-flight records without any acknowledgement for this long: the broker is unavailable. */
    private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(3);

    private static final long IDLE_CHECK_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final KafkaConfig config;
    private final Map<String, Object> properties;
    private final BrokerState state;
    private final long maxBackOffMillis;
    private final BooleanSupplier hasQueued;
    private final KafkaTopics topics;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final Object monitor = new Object();
    private long wakeUps;
    private volatile boolean closing;
    private volatile long lastProgressNanos = System.nanoTime();
    private volatile long backOffMillis = FIRST_BACK_OFF_MILLIS;
    private volatile boolean replaceProducer;
    /** Records failed since the last acknowledgement; such a state ends with an acknowledgement, not with an answer alone. */
    private volatile boolean failing;
    /** The records that failed since then did so because the broker was not reached. */
    private volatile boolean unreachable;

    // Owned by the owning thread.
    private @Nullable Producer<byte[], byte[]> producer;
    private @Nullable Thread owner;
    private @Nullable Exception rejection;
    private int generation;
    private long checkedNanos = System.nanoTime();
    private long seenWakeUps;

    /**
     * Creates a session; nothing is contacted before {@link #start}.
     *
     * @param topicNames the topics that records are sent to
     * @param maxBackOff longest pause between attempts
     * @param hasQueued whether the owner has messages to send
     * @param onTopicsReady called on another thread whenever all topics exist, with those that were missing before
     */
    ProducerSession(
            KafkaConfig config,
            List<String> topicNames,
            Map<String, Object> properties,
            BrokerState state,
            Duration maxBackOff,
            BooleanSupplier hasQueued,
            Consumer<Set<String>> onTopicsReady) {
        this.config = config;
        this.properties = Map.copyOf(properties);
        this.state = state;
        this.maxBackOffMillis = maxBackOff.toMillis();
        this.hasQueued = hasQueued;
        this.topics = new KafkaTopics(config, topicNames, new KafkaTopics.Listener() {
            private boolean available;

            @Override
            public void onReady(Set<String> created) {
                if (!failing || (unreachable && isIdle())) {
                    state.markAvailable();
                }
                onTopicsReady.accept(created);
                if (!available) {
                    available = true;
                    wake();
                }
            }

            @Override
            public void onMissing(String reason) {
                onUnavailable(reason);
            }

            @Override
            public void onUnavailable(String reason) {
                available = false;
                state.markUnavailable(reason);
            }
        });
    }

    void start() {
        topics.start();
    }

    /** A reusable callback: {@code result} receives null for an acknowledgement, or the failure. */
    Callback delivery(Consumer<@Nullable Exception> result) {
        return (metadata, failure) -> complete(failure, result);
    }

    /**
     * Sends a record.
     *
     * @param delivery from {@link #delivery}; not called for a rejected record
     * @return null when the client accepted the record, otherwise why it was rejected
     */
    @Nullable
    Exception send(ProducerRecord<byte[], byte[]> record, Callback delivery) {
        owner = Thread.currentThread();
        if (inFlight.getAndIncrement() == 0) {
            lastProgressNanos = System.nanoTime();
        }
        rejection = null;
        try {
            var unusedFuture = client().send(record, delivery);
        } catch (KafkaException | IllegalStateException e) {
            inFlight.decrementAndGet();
            return e;
        }
        return rejection;
    }

    private Producer<byte[], byte[]> client() {
        Producer<byte[], byte[]> client = producer;
        if (client == null) {
            client = new KafkaProducer<>(properties);
            producer = client;
        }
        return client;
    }

    private void complete(@Nullable Exception failure, Consumer<@Nullable Exception> result) {
        inFlight.decrementAndGet();
        if (failure == null) {
            lastProgressNanos = System.nanoTime();
            backOffMillis = FIRST_BACK_OFF_MILLIS;
            failing = false;
            state.markAvailable();
        } else if (Thread.currentThread().equals(owner)) {
            rejection = failure;
            return;
        }
        result.accept(failure);
        if (failure != null && !closing) {
            onFailure(failure);
        }
    }

    /** Records that the broker or the client failed; failures of a single record are ignored. */
    void onFailure(Exception failure) {
        if (KafkaFailures.isPermanentForRecord(failure)) {
            return;
        }
        failing = true;
        unreachable = failure instanceof TimeoutException || failure instanceof AuthenticationException;
        String problem = topics.problem();
        state.markUnavailable(problem.isEmpty() ? KafkaFailures.describe(config.bootstrapServers(), failure) : problem);
        if (!KafkaFailures.isRecoverable(failure)) {
            replaceProducer = true;
        }
        topics.check();
    }

    /** Whether topics were checked, so that none is created by the broker with the wrong settings. */
    boolean areTopicsChecked() {
        return topics.isChecked();
    }

    /** Number of the current producer; records sent with an earlier one are no longer in flight. */
    int generation() {
        return generation;
    }

    private boolean isIdle() {
        return inFlight.get() == 0 && !hasQueued.getAsBoolean();
    }

    /** To be called before each attempt to send: logs deferred changes, watches the broker, replaces a failed producer. */
    void maintain() {
        synchronized (monitor) {
            seenWakeUps = wakeUps;
        }
        watch();
        if (replaceProducer) {
            discardProducer();
        }
    }

    /** Detects a broker that stopped acknowledging, and one that is reachable again while nothing is to be sent. */
    void watch() {
        state.log();
        long now = System.nanoTime();
        if (inFlight.get() > 0
                && now - lastProgressNanos > SILENCE_NANOS
                && (state.isAvailable() || now - checkedNanos > SILENCE_NANOS)) {
            checkedNanos = now;
            failing = true;
            unreachable = true;
            if (state.isAvailable()) {
                state.markUnavailable(config.bootstrapServers() + " does not acknowledge");
            }
            // The topic may have been deleted: the client retries until its own time-out.
            topics.check();
        } else if (!state.isAvailable() && isIdle() && now - checkedNanos > IDLE_CHECK_NANOS) {
            checkedNanos = now;
            topics.check();
        }
    }

    /** Pauses, at most until the broker becomes reachable with all topics; less long while closing. */
    void pause(long millis) throws InterruptedException {
        sleep(closing ? Math.min(millis, FIRST_BACK_OFF_MILLIS) : millis);
    }

    /** Pauses after a failure. */
    void backOff() throws InterruptedException {
        long pause = backOffMillis - ThreadLocalRandom.current().nextLong(backOffMillis / 5 + 1);
        boolean woken = sleep(closing ? Math.min(pause, FIRST_BACK_OFF_MILLIS) : pause);
        backOffMillis = woken ? FIRST_BACK_OFF_MILLIS : Math.min(maxBackOffMillis, 2 * backOffMillis);
    }

    /** Returns whether it was woken by {@link #wake} since the last call of {@link #maintain}. */
    private boolean sleep(long millis) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        synchronized (monitor) {
            while (wakeUps == seenWakeUps) {
                long left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
                if (left <= 0) {
                    return false;
                }
                monitor.wait(left);
            }
            seenWakeUps = wakeUps;
            return true;
        }
    }

    private void wake() {
        synchronized (monitor) {
            wakeUps++;
            monitor.notifyAll();
        }
    }

    /** Closes the producer at once; records in flight fail. The next record creates another one. */
    void discardProducer() {
        generation++;
        closeProducer(Duration.ZERO);
        replaceProducer = false;
    }

    private void closeProducer(Duration timeout) {
        Producer<byte[], byte[]> client = producer;
        producer = null;
        if (client != null) {
            try {
                client.close(timeout);
            } catch (RuntimeException e) {
                LOG.debug("Closing the Kafka client failed: {}", KafkaFailures.message(e));
            }
        }
    }

    /** Ends pauses early from now on; failures are no longer reported. */
    void beginClose() {
        closing = true;
        wake();
    }

    /** Stops checking topics. */
    void closeTopics() {
        topics.close();
    }

    /** Closes the topics and the producer, which may use the given time to deliver what it accepted. */
    void close(Duration timeout) {
        closing = true;
        topics.close();
        closeProducer(timeout);
    }
}
