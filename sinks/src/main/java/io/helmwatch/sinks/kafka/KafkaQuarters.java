package io.helmwatch.sinks.kafka;

import io.helmwatch.config.sink.AnalyticsConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.resource.ThreadStop;
import io.helmwatch.sinks.compliance.ComplianceQuarter;
import io.helmwatch.sinks.compliance.ComplianceQuarters;
import io.helmwatch.sinks.compliance.FiguresUnavailableException;
import io.helmwatch.sinks.compliance.QuarterJson;
import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The site-wide sums, read from their topic into memory and followed. While the broker is away the last sums stay.
 *
 * <p>Threading: any thread; a thread of its own reads. {@link #close} takes at most three seconds.
 */
public final class KafkaQuarters implements ComplianceQuarters, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaQuarters.class);
    private static final Duration POLL = Duration.ofMillis(250);
    private static final Duration ANSWER = Duration.ofSeconds(5);
    private static final long RETRY_MILLIS = 2_000;
    private static final Comparator<ComplianceQuarter> ORDER = Comparator.comparingLong(ComplianceQuarter::startMillis)
            .thenComparing(ComplianceQuarter::stream)
            .thenComparing(ComplianceQuarter::zone);

    private final KafkaConfig kafka;
    private final String topic;
    private final Map<String, ComplianceQuarter> quarters = new ConcurrentHashMap<>();
    private final Thread thread;
    private volatile boolean complete;
    private volatile boolean closing;
    private volatile String problem = "being read";

    /** Starts to read; returns at once, with or without a broker. */
    public KafkaQuarters(KafkaConfig kafka, AnalyticsConfig analytics) {
        this.kafka = kafka;
        this.topic = analytics.topic();
        thread = new Thread(this::run, "site-figures");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public List<ComplianceQuarter> quarters(long fromMillis, long toMillis) {
        requireComplete();
        return quarters.values().stream()
                .filter(quarter -> quarter.startMillis() >= fromMillis && quarter.startMillis() < toMillis)
                .sorted(ORDER)
                .toList();
    }

    @Override
    public Map<String, Long> firstMillis() {
        requireComplete();
        Map<String, Long> first = new HashMap<>();
        quarters.values().forEach(quarter -> first.merge(quarter.stream(), quarter.startMillis(), Math::min));
        return first;
    }

    private void requireComplete() {
        if (!complete) {
            throw new FiguresUnavailableException(
                    "site-wide figures of topic " + topic + " are not available: " + problem);
        }
    }

    private void run() {
        while (!closing) {
            try {
                follow();
            } catch (WakeupException e) {
                LOG.debug("Site-wide figures: reading ends");
            } catch (KafkaException e) {
                String found = KafkaFailures.describe(kafka.bootstrapServers(), e);
                if (!found.equals(problem)) {
                    LOG.warn("Site-wide figures are not read: {}; retrying", found);
                }
                problem = found;
            } catch (InterruptedException e) {
                return;
            }
            try {
                TimeUnit.MILLISECONDS.sleep(closing ? 0 : RETRY_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void follow() throws InterruptedException {
        Map<String, Object> properties = KafkaProperties.consumer(kafka);
        properties.put(ConsumerConfig.CLIENT_ID_CONFIG, KafkaProperties.CLIENT_ID + "-site-figures");
        try (KafkaConsumer<String, byte[]> consumer =
                new KafkaConsumer<>(properties, new StringDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic, ANSWER).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition()))
                    .toList();
            if (partitions.isEmpty()) {
                problem =
                        "there is no such topic on " + kafka.bootstrapServers() + "; ./helmwatch analytics creates it";
                return;
            }
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, ANSWER);
            while (!closing) {
                consumer.poll(POLL).forEach(this::take);
                if (!complete
                        && ends.entrySet().stream()
                                .allMatch(end -> consumer.position(end.getKey(), ANSWER) >= end.getValue())) {
                    complete = true;
                    problem = "";
                    LOG.info("Site-wide figures are read: topic={} quarters={}", topic, quarters.size());
                }
            }
        }
    }

    private void take(ConsumerRecord<String, byte[]> message) {
        if (message.value() == null) {
            quarters.remove(message.key());
            return;
        }
        try {
            quarters.put(message.key(), QuarterJson.read(message.value()));
        } catch (IOException e) {
            LOG.debug("Site-wide figures: {}", e.getMessage());
        }
    }

    @Override
    public void close() {
        closing = true;
        ThreadStop.join(thread, TimeUnit.SECONDS.toMillis(2));
        ThreadStop.interruptAndJoin(thread, TimeUnit.SECONDS.toMillis(1));
    }
}
