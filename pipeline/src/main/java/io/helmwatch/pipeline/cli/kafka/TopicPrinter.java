package io.helmwatch.pipeline.cli.kafka;

import io.helmwatch.resource.ThreadStop;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * A plain consumer that reads topics from their beginning and prints every value as a line.
 *
 * <p>Threading: a thread of its own reads and prints; {@link #finish} is called by one other. Ownership: the consumer belongs to
 * the thread and is closed when it ends.
 */
public final class TopicPrinter implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration METADATA_TIMEOUT = Duration.ofSeconds(5);

    private final List<String> topics;
    private final PrintStream out;
    private final Runnable whenClosed;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Thread thread;
    private volatile boolean finishing;
    private volatile boolean cancelled;
    private final AtomicLong printed = new AtomicLong();
    private volatile String problem = "";

    /**
     * Starts reading; topics that do not exist yet are awaited.
     *
     * @param bootstrapServers the broker
     * @param topics what to read
     * @param out gets the lines, flushed after each bunch
     * @param whenClosed is run when {@code out} is closed by its reader
     */
    public TopicPrinter(String bootstrapServers, List<String> topics, OutputStream out, Runnable whenClosed) {
        this.whenClosed = whenClosed;
        this.topics = List.copyOf(topics);
        this.out = new PrintStream(out, false, StandardCharsets.UTF_8);
        Properties settings = new Properties();
        settings.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
        settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, "100");
        settings.put(ConsumerConfig.ENABLE_METRICS_PUSH_CONFIG, "false");
        this.consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        this.thread = new Thread(this::run, "demo-consumer");
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        try (consumer) {
            if (assign()) {
                read();
            }
        } catch (WakeupException ended) {
            // Asked to end.
        } catch (RuntimeException failure) {
            problem = "the consumer failed: " + failure.getMessage();
        } finally {
            out.flush();
        }
    }

    /** No consumer group: there is nobody to share with, and joining one takes time. */
    private boolean assign() {
        while (!cancelled) {
            Map<String, List<PartitionInfo>> there = consumer.listTopics(METADATA_TIMEOUT);
            if (there.keySet().containsAll(topics)) {
                List<TopicPartition> partitions = new ArrayList<>();
                for (String topic : topics) {
                    for (PartitionInfo info : there.getOrDefault(topic, List.of())) {
                        partitions.add(new TopicPartition(topic, info.partition()));
                    }
                }
                consumer.assign(partitions);
                consumer.seekToBeginning(partitions);
                return true;
            }
            if (finishing) {
                problem = "the topics " + topics + " were not created";
                return false;
            }
            pause();
        }
        return false;
    }

    private void read() {
        while (!cancelled) {
            boolean last = finishing;
            ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
            for (ConsumerRecord<byte[], byte[]> entry : records) {
                if (entry.value() != null) {
                    out.write(entry.value(), 0, entry.value().length);
                    out.write('\n');
                    printed.incrementAndGet();
                }
            }
            if (!records.isEmpty() && out.checkError()) {
                whenClosed.run();
                return;
            }
            if (records.isEmpty() && last && isAtEnd()) {
                return;
            }
        }
    }

    private boolean isAtEnd() {
        Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment(), METADATA_TIMEOUT);
        return ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
    }

    private void pause() {
        try {
            Thread.sleep(50);
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            cancelled = true;
        }
    }

    /** Reads to the current end of the topics and stops. Returns the problem; empty when there was none. */
    public String finish(Duration longest) throws InterruptedException {
        finishing = true;
        thread.join(longest.toMillis());
        return thread.isAlive() ? "the consumer did not reach the end within " + longest.toSeconds() + " s" : problem;
    }

    /** Lines printed so far. */
    public long printed() {
        return printed.get();
    }

    /** Stops reading; a second call does nothing. */
    @Override
    public void close() {
        cancelled = true;
        consumer.wakeup();
        ThreadStop.join(thread, 2_000);
    }
}
