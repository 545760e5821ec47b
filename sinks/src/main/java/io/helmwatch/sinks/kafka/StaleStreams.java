package io.helmwatch.sinks.kafka;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.config.sink.KafkaConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds streams that left the configuration while no process was there to remove them: states in the streams topic that this process
 * does not publish and that ended and expired, or expired more than {@link #GRACE} ago. States of other processes that share the
 * topic are renewed, and stay.
 *
 * <p>Threading: a thread of its own, once started; {@link #start} and {@link #close} by any thread.
 */
final class StaleStreams implements AutoCloseable {
    /** From the first contact with the broker to the first check: by then all configured streams have a state. */
    static final Duration FIRST_CHECK = Duration.ofSeconds(5);

    private static final Duration NEXT_CHECK = Duration.ofHours(6);
    private static final Duration GRACE = Duration.ofDays(1);
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(30);

    private static final Logger LOG = LoggerFactory.getLogger(StaleStreams.class);
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final KafkaConfig config;
    private final Duration firstCheck;
    private final Supplier<Set<String>> own;
    private final Consumer<String> remove;
    private final Thread thread;
    private boolean started;

    /**
     * Prepares the checks.
     *
     * @param own the streams that this process publishes
     * @param remove receives each stale stream, on the thread of the checks
     */
    StaleStreams(KafkaConfig config, Duration firstCheck, Supplier<Set<String>> own, Consumer<String> remove) {
        this.config = config;
        this.firstCheck = firstCheck;
        this.own = own;
        this.remove = remove;
        this.thread = new Thread(this::run, "kafka-stale-streams");
        thread.setDaemon(true);
    }

    /** Starts the checks; further calls do nothing. */
    synchronized void start() {
        if (!started) {
            started = true;
            thread.start();
        }
    }

    private void run() {
        Duration pause = firstCheck;
        try {
            while (true) {
                TimeUnit.MILLISECONDS.sleep(pause.toMillis());
                pause = NEXT_CHECK;
                check();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void check() throws InterruptedException {
        try {
            Set<String> stale = stale(read(), System.currentTimeMillis());
            if (!stale.isEmpty()) {
                LOG.info("Kafka: removing states of streams that no longer exist: {}", String.join(", ", stale));
                stale.forEach(remove);
            }
        } catch (AuthorizationException e) {
            LOG.info(
                    "Kafka: topic {} may not be read, stale states stay: {}",
                    config.topics().streams(),
                    e.getMessage());
        } catch (KafkaException e) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            LOG.debug("Kafka: topic {} cannot be read: {}", config.topics().streams(), KafkaFailures.message(e));
        }
    }

    private Set<String> stale(Map<String, byte[]> states, long nowMillis) {
        Set<String> stale = new TreeSet<>();
        states.forEach((stream, value) -> {
            if (isStale(value, nowMillis)) {
                stale.add(stream);
            }
        });
        stale.removeAll(own.get());
        return stale;
    }

    /** Whether a state has expired; false for what is not a state. */
    static boolean isStale(byte[] value, long nowMillis) {
        try {
            JsonNode state = MAPPER.readTree(value);
            // Messages of version 0.1 have no expiry.
            long validUntil = state.has("validUntil")
                    ? millis(state, "validUntil")
                    : millis(state, "publishedAt") + DetectionRecords.LEASE.toMillis();
            boolean hasEnded = state.path("state").asText().equals("ended");
            return nowMillis >= validUntil + (hasEnded ? 0 : GRACE.toMillis());
        } catch (IOException | DateTimeException | ArithmeticException e) {
            return false;
        }
    }

    private static long millis(JsonNode state, String field) {
        return Instant.parse(state.path(field).asText()).toEpochMilli();
    }

    /** The last state of every stream, by its id. */
    private Map<String, byte[]> read() {
        Map<String, byte[]> states = new HashMap<>();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                KafkaProperties.consumer(config), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer
                    .partitionsFor(config.topics().streams())
                    .stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            long until = System.nanoTime() + READ_TIMEOUT.toNanos();
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(500))) {
                    put(states, record);
                }
                if (System.nanoTime() - until > 0) {
                    throw new KafkaException("not read within " + READ_TIMEOUT.toSeconds() + " s");
                }
            }
        }
        return states;
    }

    private static void put(Map<String, byte[]> states, ConsumerRecord<byte[], byte[]> record) {
        if (record.key() == null) {
            return;
        }
        String stream = new String(record.key(), StandardCharsets.UTF_8);
        if (record.value() == null) {
            states.remove(stream);
        } else {
            states.put(stream, record.value());
        }
    }

    @Override
    public synchronized void close() {
        started = true;
        thread.interrupt();
    }
}
