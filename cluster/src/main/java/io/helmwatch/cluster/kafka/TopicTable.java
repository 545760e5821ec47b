package io.helmwatch.cluster.kafka;

import io.helmwatch.cluster.Arrival;
import io.helmwatch.config.sink.KafkaConfig;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows a compacted topic from its beginning, without a group, and knows up to which moment it has read it.
 *
 * <p>Threading: a thread of its own calls the listener; the other methods by any. Starts and keeps running without a broker.
 */
final class TopicTable implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TopicTable.class);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final long CHECK_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long RETRY_MILLIS = 500;

    /** Receives the records of a topic. */
    interface Listener {
        /**
         * A record.
         *
         * @param value null where the record has none
         */
        void accept(int partition, String key, byte @Nullable [] value, Arrival arrival);
    }

    private final KafkaConfig kafka;
    private final String topic;
    private final Listener listener;
    private final Thread thread;
    private volatile boolean closing;
    private volatile @Nullable KafkaConsumer<byte[], byte[]> reader;
    private volatile boolean isRead;
    private volatile long readNanos;

    // Owned by the thread.
    private long askedNanos;
    private Map<TopicPartition, Long> ends = Map.of();

    /**
     * Starts reading.
     *
     * @param listener receives each record that has a key
     */
    TopicTable(KafkaConfig kafka, String topic, Listener listener) {
        this.kafka = kafka;
        this.topic = topic;
        this.listener = listener;
        this.thread = new Thread(this::run, "table-" + topic);
        thread.setDaemon(true);
        thread.start();
    }

    /** Whether everything was read that was in the topic at that time of {@link System#nanoTime}. */
    boolean isReadSince(long nanos) {
        return isRead && readNanos - nanos >= 0;
    }

    /** Whether the topic was read once. */
    boolean isRead() {
        return isRead;
    }

    private void run() {
        while (!closing) {
            try (KafkaConsumer<byte[], byte[]> consumer =
                    new KafkaConsumer<>(ClusterClients.consumer(kafka, "helmwatch-table-" + topic))) {
                reader = consumer;
                follow(consumer);
            } catch (InterruptException | WakeupException e) {
                return;
            } catch (KafkaException e) {
                LOG.debug("Topic {} cannot be read: {}; retrying", topic, e.toString());
                isRead = false;
                pause();
            }
        }
    }

    private void follow(KafkaConsumer<byte[], byte[]> consumer) {
        List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                .map(info -> new TopicPartition(topic, info.partition()))
                .toList();
        if (partitions.isEmpty()) {
            pause();
            return;
        }
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        ask(consumer, partitions);
        while (!closing) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                if (record.key() != null) {
                    pass(record);
                }
            }
            boolean isAtEnd = ends.entrySet().stream()
                    .allMatch(end -> consumer.position(end.getKey(), ClusterClients.TIMEOUT) >= end.getValue());
            if (isAtEnd) {
                readNanos = askedNanos;
                isRead = true;
                if (System.nanoTime() - askedNanos >= CHECK_NANOS) {
                    ask(consumer, partitions);
                }
            }
        }
    }

    /** A record that the listener cannot deal with keeps none of the others from it: it would be read again after every restart. */
    private void pass(ConsumerRecord<byte[], byte[]> record) {
        String key = new String(record.key(), StandardCharsets.UTF_8);
        try {
            listener.accept(record.partition(), key, record.value(), Arrival.now(isRead));
        } catch (InterruptException | WakeupException e) {
            throw e;
        } catch (RuntimeException e) {
            LOG.error(
                    "Topic {}: message of key {} at offset {} of partition {} ignored: {}",
                    topic,
                    key,
                    record.offset(),
                    record.partition(),
                    e.toString(),
                    e);
        }
    }

    private void ask(KafkaConsumer<byte[], byte[]> consumer, List<TopicPartition> partitions) {
        long now = System.nanoTime();
        ends = consumer.endOffsets(partitions, ClusterClients.TIMEOUT);
        askedNanos = now;
    }

    private void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
        } catch (InterruptedException e) {
            closing = true;
            Thread.currentThread().interrupt();
        }
    }

    /** Stops soon, without waiting for the broker. */
    @Override
    public void close() {
        closing = true;
        KafkaConsumer<byte[], byte[]> consumer = reader;
        if (consumer != null) {
            consumer.wakeup();
        }
    }
}
