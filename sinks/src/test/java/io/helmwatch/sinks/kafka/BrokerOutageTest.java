package io.helmwatch.sinks.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.sinks.SampleMessages;
import io.helmwatch.sinks.SinkDropCause;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamStatus;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The sink and a broker that is stopped and started again. */
class BrokerOutageTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @RegisterExtension
    static final SharedBroker broker = new SharedBroker();

    private static KafkaConfig config(String prefix, int queueCapacity, Map<String, Secret> properties) {
        return TestConfigs.kafka(broker.bootstrapServers(), prefix, queueCapacity, properties);
    }

    @Test
    void shouldStartWithoutABrokerAndDeliverOnceThereIsOne() throws IOException {
        broker.stop();
        try (LogCapture log = new LogCapture(Level.INFO, "io.helmwatch");
                KafkaDetectionSink sink = new KafkaDetectionSink(config("late", 1_000, Map.of()))) {
            sink.publish(SampleMessages.status("a", StreamStatus.State.ONLINE, 1));
            for (int i = 0; i < 100; i++) {
                sink.publish(SampleMessages.frame("a", i));
            }
            Await.until(
                    "it is told that there is none",
                    () -> !sink.statistics().problem().isEmpty());
            assertThat(sink.statistics().connected()).isFalse();
            assertThat(sink.statistics().queueDepth()).isEqualTo(101);
            broker.restart();
            Await.until("all arrived", () -> sink.statistics().published() == 101);
            assertThat(sink.statistics().dropped()).isZero();
            try (TopicReader reader = new TopicReader(broker.bootstrapServers(), "late.detections")) {
                assertThat(sequences(reader.until(100))).hasSize(100).isSorted();
            }
            assertThat(log.linesWith("Kafka unavailable")).hasSize(1);
            Await.until(
                    "the recovery is logged",
                    () -> log.linesWith("Kafka available again").size() == 1);
        } finally {
            broker.restart();
        }
    }

    @Test
    void shouldNeverBlockTheCallerAndRecoverWhenTheBrokerIsRestarted() throws Exception {
        int capacity = 1_000;
        try (LogCapture log = new LogCapture(Level.INFO, "io.helmwatch");
                KafkaDetectionSink sink = new KafkaDetectionSink(config(
                        "slow",
                        capacity,
                        // The client keeps little of what it takes, and that not for long, so that the sink has to.
                        Map.of(
                                "delivery.timeout.ms", Secret.of("1500"),
                                "request.timeout.ms", Secret.of("1000"),
                                "buffer.memory", Secret.of("65536"))))) {
            sink.publish(SampleMessages.status("a", StreamStatus.State.ONLINE, 1));
            for (int i = 0; i < 100; i++) {
                sink.publish(SampleMessages.frame("a", i));
            }
            Await.until("the first arrived", () -> sink.statistics().published() == 101);

            broker.stop();
            sink.publish(SampleMessages.status("a", StreamStatus.State.OFFLINE, 2));
            int away = 6_000;
            long[] nanos = new long[away];
            for (int i = 0; i < away; i++) {
                FrameDetections frame = SampleMessages.frame("a", 100 + i);
                long begun = System.nanoTime();
                sink.publish(frame);
                nanos[i] = System.nanoTime() - begun;
                if (i % 3 == 0) {
                    Thread.sleep(1);
                }
            }
            Arrays.sort(nanos);
            long p99 = nanos[away * 99 / 100];
            System.out.printf(
                    "publish while the broker is away: p50 %d us, p99 %d us, max %d us%n",
                    nanos[away / 2] / 1_000, p99 / 1_000, nanos[away - 1] / 1_000);
            assertThat(p99).isLessThan(TimeUnit.MILLISECONDS.toNanos(5));
            assertThat(sink.statistics().queueDepth()).isLessThanOrEqualTo(capacity + 1);
            Await.until("it is noticed", () -> !sink.statistics().connected());
            assertThat(sink.statistics().dropped(SinkDropCause.QUEUE_FULL)).isGreaterThan(3_000);
            sink.publish(SampleMessages.status("a", StreamStatus.State.ONLINE, 3));

            broker.restart();
            long last = 100 + away;
            sink.publish(SampleMessages.frame("a", last));
            long all = last + 1 + 3;
            Await.until(
                    "everything is accounted for",
                    () -> sink.statistics().published() + sink.statistics().dropped() == all
                            && sink.statistics().queueDepth() == 0);
            assertThat(sink.statistics().connected()).isTrue();
            try (TopicReader reader = new TopicReader(broker.bootstrapServers(), "slow.detections")) {
                List<Long> sequences = sequences(
                        reader.until(found -> found.size() >= sink.statistics().published() - 3));
                assertThat(sequences).isSorted().doesNotHaveDuplicates().endsWith(last);
                assertThat(sequences.size()).isGreaterThan(1_000);
            }
            try (TopicReader reader = new TopicReader(broker.bootstrapServers(), "slow.streams")) {
                assertThat(reader.until(3))
                        .extracting(message -> TopicReader.header(message, "ce_id"))
                        .containsExactly("a/1/online", "a/2/offline", "a/3/online");
            }
            Await.until(
                    "it is told", () -> !log.linesWith("Kafka available again").isEmpty());
            assertThat(log.linesWith("Kafka unavailable")).isNotEmpty();
            assertThat(log.lines()).as("nothing is logged per message").hasSizeLessThan(15);
        }
    }

    @Test
    void shouldLoseNothingInAnOutageThatTheQueueOutlasts() throws Exception {
        try (KafkaDetectionSink sink = new KafkaDetectionSink(config("short", 1_000, Map.of()))) {
            sink.publish(SampleMessages.frame("a", 0));
            Await.until("the first arrived", () -> sink.statistics().published() == 1);
            broker.stop();
            for (int i = 1; i <= 300; i++) {
                sink.publish(SampleMessages.frame("a", i));
                Thread.sleep(5);
            }
            Await.until("it is noticed", () -> !sink.statistics().connected());
            broker.restart();
            Await.until("all arrived", () -> sink.statistics().published() == 301);
            assertThat(sink.statistics().dropped()).isZero();
            try (TopicReader reader = new TopicReader(broker.bootstrapServers(), "short.detections")) {
                assertThat(sequences(reader.until(301)))
                        .containsExactlyElementsOf(
                                LongStream.rangeClosed(0, 300).boxed().toList());
            }
        }
    }

    private static List<Long> sequences(List<ConsumerRecord<String, String>> messages) {
        List<Long> sequences = new ArrayList<>();
        for (ConsumerRecord<String, String> message : messages) {
            try {
                sequences.add(MAPPER.readTree(message.value()).get("sequence").asLong());
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
        return sequences;
    }
}
