package io.helmwatch.sinks.kafka;

import io.helmwatch.config.KafkaConfig;
import io.helmwatch.sinks.SinkCounters;
import io.helmwatch.sinks.spool.IncidentSpool;
import io.helmwatch.sinks.spool.SpoolException;
import io.helmwatch.sinks.spool.SpooledEvent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends incidents from the spool to the events topic, at least once, and forgets each when the broker has acknowledged it. What lies
 * in the spool at the start is sent first.
 *
 * <p>Order: of one stream only one message is under way at a time, and the next one is sent after its acknowledgement. That costs
 * throughput, of which incidents need little, and makes the order independent of retries, of the client's settings and of the broker's
 * restarts. Streams do not wait for each other.
 *
 * <p>Retries have no end; pauses double from 0.1 s to 30 s, less up to a fifth at random, and start anew after a success or when
 * the broker, asked every two seconds, answers again. A client that failed for good, such as one that was refused, is replaced. A message
 * that the broker will never take (too large, invalid) is set aside so that it does not hold up its stream.
 *
 * <p>Threading: a thread of its own; {@link #close} by one thread, at most five seconds. Ownership: the spool belongs to the caller.
 */
public final class KafkaIncidentSender implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaIncidentSender.class);
    private static final int BATCH = 256;
    private static final int ACKNOWLEDGE_BATCH = 64;
    private static final long IDLE_MILLIS = 500;
    private static final long FIRST_RETRY_MILLIS = 100;
    private static final long LAST_RETRY_MILLIS = 30_000;
    private static final long SILENCE_MILLIS = 3_000;
    private static final int DELIVERY_TIMEOUT_MILLIS = 30_000;
    private static final int REQUEST_TIMEOUT_MILLIS = 10_000;
    private static final long DRAIN_MILLIS = 3_000;
    private static final Duration CLOSE_TIMEOUT = Duration.ofMillis(1_000);

    /** What became of one message; null is an acknowledgement. */
    private record Outcome(
            int client, SpooledEvent event, @Nullable Exception failure) {}

    private final KafkaConfig config;
    private final IncidentSpool spool;
    private final Map<String, Object> properties;
    private final SinkCounters counters;
    private final KafkaTopics topics;
    private final BlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>();
    private final Thread thread;
    private volatile boolean closing;
    private volatile long closeByNanos;
    /** The broker answers again, after it did not: no reason to wait any longer. */
    private volatile boolean back;

    // Owned by the thread.
    private @Nullable Producer<byte[], byte[]> producer;
    private int clients;
    private long retryMillis = FIRST_RETRY_MILLIS;
    /** Acknowledged by the broker, not yet forgotten by the spool. */
    private final List<SpooledEvent> acknowledged = new ArrayList<>();

    private String spoolProblem = "";

    private final Object contact = new Object();
    private long awaySinceNanos;

    /**
     * Starts sending; returns at once, with or without a broker.
     *
     * @throws IllegalArgumentException when a client property cannot be used, in one sentence without secrets
     */
    public KafkaIncidentSender(KafkaConfig config, IncidentSpool spool) {
        this.config = config;
        this.spool = spool;
        this.properties = KafkaProperties.producer(config);
        properties.put(ProducerConfig.CLIENT_ID_CONFIG, properties.get(ProducerConfig.CLIENT_ID_CONFIG) + "-incidents");
        putUnlessConfigured(ProducerConfig.LINGER_MS_CONFIG, 0);
        putUnlessConfigured(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, REQUEST_TIMEOUT_MILLIS);
        putUnlessConfigured(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, DELIVERY_TIMEOUT_MILLIS);
        this.counters = new SinkCounters(() -> (int) Math.min(Integer.MAX_VALUE, spool.waiting()));
        this.topics = new KafkaTopics(config, new KafkaTopics.Listener() {
            private boolean away;

            @Override
            public void onSettled(Set<String> created) {
                if (away) {
                    away = false;
                    back = true;
                }
            }

            @Override
            public void onMissing(String reason) {
                onAway(reason);
            }

            @Override
            public void onAway(String reason) {
                away = true;
                markAway(reason);
            }
        });
        this.thread = new Thread(this::run, "incident-sender");
        thread.setDaemon(true);
        topics.start();
        thread.start();
    }

    private void putUnlessConfigured(String key, int value) {
        if (!config.properties().containsKey(key)) {
            properties.put(key, Integer.toString(value));
        }
    }

    /** Whether the broker takes messages as far as is known. */
    public boolean isConnected() {
        return counters.connected();
    }

    /** Why it does not, one sentence without secrets; empty while all is well. */
    public String problem() {
        return counters.problem();
    }

    private void run() {
        try {
            while (!isDone()) {
                try {
                    step();
                } catch (KafkaException | IllegalStateException | SpoolException e) {
                    onFailure(e);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            topics.close();
            closeProducer(CLOSE_TIMEOUT);
        }
    }

    private boolean isDone() {
        return closing && (System.nanoTime() - closeByNanos >= 0 || spool.waiting() == 0 || isAway());
    }

    /** Known to be away: before the first answer nothing is known. */
    private boolean isAway() {
        return !counters.connected() && !counters.problem().isEmpty();
    }

    private void step() throws InterruptedException {
        if (!topics.isSettled()) {
            pause(FIRST_RETRY_MILLIS);
            return;
        }
        flushAcknowledged();
        List<SpooledEvent> waiting = spool.next(0, BATCH + acknowledged.size());
        waiting.removeIf(event -> acknowledged.stream().anyMatch(done -> done.position() == event.position()));
        if (waiting.isEmpty()) {
            spool.await(IDLE_MILLIS);
            return;
        }
        Map<String, ArrayDeque<SpooledEvent>> byStream = new LinkedHashMap<>();
        for (SpooledEvent event : waiting) {
            byStream.computeIfAbsent(event.stream(), stream -> new ArrayDeque<>())
                    .add(event);
        }
        Exception failure = deliver(byStream);
        if (failure == null) {
            retryMillis = FIRST_RETRY_MILLIS;
        } else {
            onFailure(failure);
        }
    }

    /** Sends what it can, one message per stream at a time; returns the first failure after which a stream has to wait. */
    private @Nullable Exception deliver(Map<String, ArrayDeque<SpooledEvent>> byStream) throws InterruptedException {
        Exception failure = null;
        int underWay = 0;
        try {
            for (ArrayDeque<SpooledEvent> queue : byStream.values()) {
                send(queue.removeFirst());
                underWay++;
            }
            while (underWay > 0) {
                Outcome outcome = outcomes.poll(SILENCE_MILLIS, TimeUnit.MILLISECONDS);
                if (outcome == null) {
                    markAway(config.bootstrapServers() + " acknowledges nothing");
                    // It may be the topic that is gone: the client would go on asking for it until its own time is up.
                    topics.check();
                    if (isDone()) {
                        return failure;
                    }
                    continue;
                }
                if (outcome.client() != clients) {
                    continue;
                }
                underWay--;
                Exception problem = settle(outcome);
                ArrayDeque<SpooledEvent> queue = byStream.get(outcome.event().stream());
                if (problem != null) {
                    failure = failure == null ? problem : failure;
                } else if (queue != null && !queue.isEmpty() && !closingLate()) {
                    send(queue.removeFirst());
                    underWay++;
                }
            }
        } finally {
            if (underWay > 0) {
                // What is still under way may be acknowledged by nobody any more: a new client, and it is sent again.
                closeProducer(Duration.ZERO);
            }
            flushAcknowledged();
        }
        return failure;
    }

    private boolean closingLate() {
        return closing && System.nanoTime() - closeByNanos >= 0;
    }

    /** Returns why the stream has to wait, or null when it may go on. */
    private @Nullable Exception settle(Outcome outcome) {
        Exception failure = outcome.failure();
        if (failure == null) {
            counters.countPublished();
            markUp();
            acknowledged.add(outcome.event());
            if (acknowledged.size() % ACKNOWLEDGE_BATCH == 0) {
                flushAcknowledged();
            }
            return null;
        }
        if (failure instanceof RecordTooLargeException || failure instanceof InvalidRecordException) {
            spool.setAside(outcome.event(), KafkaProperties.sentence(failure));
            return null;
        }
        return failure;
    }

    /** A disk that does not take it is no reason to hold back other messages: it is tried again with the next ones. */
    private void flushAcknowledged() {
        if (acknowledged.isEmpty()) {
            return;
        }
        try {
            spool.acknowledge(acknowledged);
            acknowledged.clear();
            spoolProblem = "";
        } catch (SpoolException e) {
            warnOnce(e);
        }
    }

    private void warnOnce(SpoolException failure) {
        String sentence = String.valueOf(failure.getMessage());
        if (!sentence.equals(spoolProblem)) {
            LOG.warn("{}", sentence);
        }
        spoolProblem = sentence;
    }

    private void send(SpooledEvent event) {
        Producer<byte[], byte[]> client = producer;
        if (client == null) {
            client = new KafkaProducer<>(properties);
            producer = client;
            clients++;
        }
        ProducerRecord<byte[], byte[]> message = new ProducerRecord<>(
                config.eventsTopic(),
                null,
                null,
                event.stream().getBytes(StandardCharsets.UTF_8),
                event.value(),
                headers(event));
        int number = clients;
        try {
            var unusedFuture =
                    client.send(message, (metadata, failure) -> outcomes.add(new Outcome(number, event, failure)));
        } catch (KafkaException | IllegalStateException e) {
            outcomes.add(new Outcome(number, event, e));
        }
    }

    private void onFailure(Exception failure) throws InterruptedException {
        back = false;
        if (failure instanceof SpoolException ofSpool) {
            warnOnce(ofSpool);
        } else {
            String reason = KafkaProperties.sentence(failure);
            boolean refused = failure instanceof AuthenticationException || failure instanceof AuthorizationException;
            markAway(config.bootstrapServers() + (refused ? " refuses us (" : " does not take incidents (") + reason
                    + ")");
            if (!(failure instanceof RetriableException)) {
                closeProducer(Duration.ZERO);
            }
            topics.check();
        }
        pause(retryMillis - ThreadLocalRandom.current().nextLong(retryMillis / 5 + 1));
        retryMillis = back ? FIRST_RETRY_MILLIS : Math.min(LAST_RETRY_MILLIS, 2 * retryMillis);
    }

    private void markUp() {
        synchronized (contact) {
            if (awaySinceNanos != 0) {
                long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - awaySinceNanos);
                LOG.info("incidents are delivered again after {} s; {} wait", seconds, spool.waiting());
                awaySinceNanos = 0;
            }
            counters.markConnected();
        }
    }

    private void markAway(String reason) {
        synchronized (contact) {
            if (awaySinceNanos == 0) {
                awaySinceNanos = System.nanoTime();
                LOG.warn("incidents wait in the spool: {}; retrying without end", reason);
            }
            counters.markAway(reason);
        }
    }

    private void pause(long millis) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (!closing && !back && System.nanoTime() - until < 0) {
            TimeUnit.MILLISECONDS.sleep(
                    Math.max(1, Math.min(50, TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime()))));
        }
    }

    private void closeProducer(Duration timeout) {
        Producer<byte[], byte[]> client = producer;
        producer = null;
        if (client != null) {
            try {
                client.close(timeout);
            } catch (KafkaException e) {
                LOG.debug("the client did not close cleanly: {}", KafkaProperties.sentence(e));
            }
        }
    }

    private static List<Header> headers(SpooledEvent event) {
        return List.of(
                CloudEventHeaders.SPEC_VERSION,
                CloudEventHeaders.type("io.helmwatch.incident." + event.phase()),
                CloudEventHeaders.id(event.id()),
                CloudEventHeaders.source(event.stream()),
                CloudEventHeaders.subject(event.incident()),
                CloudEventHeaders.time(event.atMillis()),
                CloudEventHeaders.CONTENT_TYPE);
    }

    /** Sends what waits if the broker takes it, for at most three seconds; the rest stays in the spool. */
    @Override
    public void close() {
        if (closing) {
            return;
        }
        closeByNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(DRAIN_MILLIS);
        closing = true;
        try {
            thread.join(DRAIN_MILLIS + 2_000);
            if (thread.isAlive()) {
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
