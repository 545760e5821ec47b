package io.helmwatch.sinks.kafka;

import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.resource.ThreadStop;
import io.helmwatch.sinks.IncidentReader;
import io.helmwatch.sinks.history.IncidentHistory;
import io.helmwatch.sinks.sqlite.SqliteException;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.NodeEpoch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the incidents of the other nodes of a cluster into the history of this one. It reads the events topic from where it was read last, at first
 * from as far back as the history reaches, and applies the rule for consumers: a message that is marked as superseded, or has a smaller epoch than one
 * before it of the same stream, is from a node that had been replaced.
 *
 * <p>Of this node's own messages only those are recorded that do not come from its own cameras' rules: ends of incidents that another node left open,
 * and what turned out to be superseded. When the topic was never read, all of them are, so that a new disk has what the topic still has.
 *
 * <p>Memory: one poll of the client, and a number for each stream that ever had an incident.
 *
 * <p>Threading: a thread of its own; {@link #close} by one thread, at most three seconds. Ownership: the history belongs to the caller.
 */
public final class ClusterIncidentReader implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterIncidentReader.class);
    private static final Duration POLL = Duration.ofMillis(250);
    private static final Duration ANSWER = Duration.ofSeconds(5);
    private static final long RETRY_MILLIS = 1_000;
    /** Behind the name of the topic: up to where own messages are recorded. No topic has such a name. */
    private static final String RESTORED = " restored";

    private static final long CHECK_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final KafkaConfig kafka;
    private final String node;
    private final IncidentHistory history;
    private final Duration keep;
    private final Consumer<Incident> recorded;
    private final Thread thread;
    private volatile boolean closing;
    private volatile @Nullable KafkaConsumer<byte[], byte[]> reader;

    // Owned by the thread.
    private final Map<String, Long> epochs = new HashMap<>();
    /** Up to where own messages are recorded too. */
    private final Map<TopicPartition, Long> restored = new HashMap<>();

    private String problem = "";

    /**
     * Starts to read; returns at once, with or without a broker.
     *
     * @param node name of this node
     * @param keep how far back the history reaches
     * @param recorded receives each message of another node that is current, after it was recorded
     */
    public ClusterIncidentReader(
            KafkaConfig kafka, String node, IncidentHistory history, Duration keep, Consumer<Incident> recorded) {
        this.kafka = kafka;
        this.node = node;
        this.history = history;
        this.keep = keep;
        this.recorded = recorded;
        thread = new Thread(this::run, "cluster-incidents");
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        while (!closing) {
            try {
                follow();
            } catch (WakeupException | InterruptException e) {
                return;
            } catch (KafkaException e) {
                warnOnce(KafkaFailures.describe(kafka.bootstrapServers(), e));
            } catch (SqliteException e) {
                warnOnce(String.valueOf(e.getMessage()));
            }
            try {
                TimeUnit.MILLISECONDS.sleep(closing ? 0 : RETRY_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void warnOnce(String found) {
        if (!found.equals(problem)) {
            problem = found;
            LOG.warn("Incidents of other nodes are not read: {}; retrying", found);
        }
    }

    private void follow() {
        Map<String, Object> properties = KafkaProperties.consumer(kafka);
        properties.put(ConsumerConfig.CLIENT_ID_CONFIG, KafkaProperties.CLIENT_ID + "-cluster-incidents");
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            reader = consumer;
            List<TopicPartition> partitions = partitions(consumer);
            if (partitions.isEmpty()) {
                return;
            }
            consumer.assign(partitions);
            seek(consumer, partitions);
            epochs.putAll(history.epochs());
            long checkedNanos = System.nanoTime();
            while (!closing) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
                if (!records.isEmpty()) {
                    take(consumer, records);
                }
                if (System.nanoTime() - checkedNanos > CHECK_NANOS) {
                    checkedNanos = System.nanoTime();
                    if (partitions(consumer).size() != partitions.size()) {
                        return;
                    }
                }
            }
        }
    }

    private List<TopicPartition> partitions(KafkaConsumer<byte[], byte[]> consumer) {
        return consumer.partitionsFor(kafka.topics().events(), ANSWER).stream()
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
    }

    /** To where each partition was read last; one that never was, to the messages of the time that the history reaches back. */
    private void seek(KafkaConsumer<byte[], byte[]> consumer, List<TopicPartition> partitions) {
        Map<Integer, Long> known = history.offsets(kafka.topics().events());
        long fromMillis = Math.max(0, System.currentTimeMillis() - keep.toMillis());
        List<TopicPartition> unknown = partitions.stream()
                .filter(partition -> !known.containsKey(partition.partition()))
                .toList();
        Map<TopicPartition, Long> ends = consumer.endOffsets(unknown, ANSWER);
        keepRestored(ends);
        // Not seekToEnd, which would look for the end at the first poll and miss what arrives until then.
        ends.forEach(consumer::seek);
        consumer.offsetsForTimes(
                        unknown.stream().collect(Collectors.toMap(partition -> partition, partition -> fromMillis)),
                        ANSWER)
                .forEach((partition, found) -> {
                    if (found != null) {
                        consumer.seek(partition, found.offset());
                    }
                });
        for (TopicPartition partition : partitions) {
            Long next = known.get(partition.partition());
            if (next != null) {
                consumer.seek(partition, next);
            }
        }
    }

    /** Those of a partition that was read in part, before the connection broke or the process ended, stay as they are. */
    private void keepRestored(Map<TopicPartition, Long> ends) {
        String name = kafka.topics().events() + RESTORED;
        Map<Integer, Long> numbers = new HashMap<>();
        ends.forEach((partition, end) -> numbers.put(partition.partition(), end));
        if (!numbers.isEmpty()) {
            history.recordTopic(name, List.of(), numbers);
        }
        history.offsets(name)
                .forEach((number, end) ->
                        restored.put(new TopicPartition(kafka.topics().events(), number), end));
    }

    private void take(KafkaConsumer<byte[], byte[]> consumer, ConsumerRecords<byte[], byte[]> records) {
        List<IncidentReader.Message> messages = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : records) {
            IncidentReader.read(record.value()).ifPresent(message -> {
                IncidentReader.Message judged = judge(message);
                if (isToRecord(judged, record)) {
                    messages.add(judged);
                }
            });
        }
        Map<Integer, Long> offsets = new HashMap<>();
        records.partitions()
                .forEach(partition -> offsets.put(partition.partition(), consumer.position(partition, ANSWER)));
        history.recordTopic(kafka.topics().events(), messages, offsets);
        problem = "";
        for (IncidentReader.Message message : messages) {
            if (!message.isSuperseded()) {
                recorded.accept(message.incident());
            }
        }
    }

    /** The message with what the epochs before it say. */
    private IncidentReader.Message judge(IncidentReader.Message message) {
        NodeEpoch origin = message.incident().origin();
        if (origin == null || message.isSuperseded()) {
            return message;
        }
        long newest = epochs.merge(message.incident().stream(), origin.epoch(), Math::max);
        return new IncidentReader.Message(message.incident(), origin.epoch() < newest);
    }

    private boolean isToRecord(IncidentReader.Message message, ConsumerRecord<byte[], byte[]> record) {
        Incident incident = message.incident();
        NodeEpoch origin = incident.origin();
        Long end = restored.get(new TopicPartition(record.topic(), record.partition()));
        return origin == null
                || !origin.node().equals(node)
                || message.isSuperseded()
                || incident.endReason() == Incident.EndReason.NODE_LOST
                || (end != null && record.offset() < end);
    }

    @Override
    public void close() {
        closing = true;
        KafkaConsumer<byte[], byte[]> consumer = reader;
        if (consumer != null) {
            consumer.wakeup();
        }
        ThreadStop.join(thread, TimeUnit.SECONDS.toMillis(2));
        ThreadStop.interruptAndJoin(thread, TimeUnit.SECONDS.toMillis(1));
    }
}
