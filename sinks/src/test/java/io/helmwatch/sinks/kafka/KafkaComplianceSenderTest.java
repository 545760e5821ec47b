package io.helmwatch.sinks.kafka;

import static io.helmwatch.sinks.compliance.Minutes.NOON;
import static io.helmwatch.sinks.compliance.Minutes.minute;
import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.sinks.SchemaFiles;
import io.helmwatch.sinks.compliance.ComplianceJson;
import io.helmwatch.sinks.compliance.ComplianceOutbox;
import io.helmwatch.sinks.compliance.MinuteParts;
import io.helmwatch.sinks.compliance.Minutes;
import io.helmwatch.vision.ComplianceMinute;
import io.helmwatch.vision.NodeEpoch;
import io.helmwatch.vision.StreamOwnership;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

@Timeout(90)
class KafkaComplianceSenderTest {
    @RegisterExtension
    static final SharedBroker broker = new SharedBroker();

    @TempDir
    Path folder;

    private ComplianceOutbox outbox() {
        return new ComplianceOutbox(new SpoolConfig(folder, 1 << 24, false), Clock.systemUTC());
    }

    /** What a consumer makes of a topic: the last message of each key. */
    private static Map<String, ComplianceMinute> latest(List<ConsumerRecord<String, String>> messages)
            throws IOException {
        Map<String, ComplianceMinute> latest = new HashMap<>();
        for (ConsumerRecord<String, String> message : messages) {
            latest.put(message.key(), ComplianceJson.read(message.value().getBytes(StandardCharsets.UTF_8)));
        }
        return latest;
    }

    @Test
    void shouldSendWhatWaitsWithKeysAndHeadersAndReplaceAMinuteThatIsCorrected() throws IOException {
        KafkaConfig config = TestConfigs.compliance(broker.bootstrapServers(), "compliance.corrected");
        try (ComplianceOutbox outbox = outbox()) {
            outbox.store(List.of(Minutes.documented(), minute("gate", "", NOON, 0, 10, 1)));
            try (KafkaComplianceSender sender = new KafkaComplianceSender(config, outbox)) {
                Await.until("the first revisions are delivered", () -> outbox.waiting() == 0);
                outbox.store(List.of(minute("gate", "", NOON, 1, 20, 1), minute("gate", "", NOON + 60_000, 0, 5, 0)));
                Await.until("the others are delivered", () -> outbox.waiting() == 0);
                assertThat(sender.statistics().published()).isEqualTo(4);
                assertThat(sender.statistics().connected()).isTrue();
            }
        }
        try (TopicReader reader =
                new TopicReader(broker.bootstrapServers(), config.topics().compliance())) {
            List<ConsumerRecord<String, String>> messages = reader.until(4);
            assertThat(messages)
                    .hasSize(4)
                    .allSatisfy(message -> assertThat(SchemaFiles.compliance().complaints(message.value()))
                            .isEmpty());
            ConsumerRecord<String, String> first = messages.stream()
                    .filter(message -> message.key().startsWith("gate-3/"))
                    .findFirst()
                    .orElseThrow();
            assertThat(first.key()).isEqualTo("gate-3/1795175991040/1795176000/pit");
            assertThat(TopicReader.header(first, "ce_id")).isEqualTo(first.key() + "/0");
            assertThat(TopicReader.header(first, "ce_subject")).isEqualTo(first.key());
            assertThat(TopicReader.header(first, "ce_type")).isEqualTo("io.helmwatch.compliance");
            assertThat(TopicReader.header(first, "ce_source")).isEqualTo("/helmwatch/streams/gate-3");
            assertThat(TopicReader.header(first, "ce_time")).isEqualTo("2026-11-20T12:00:00.000Z");
            assertThat(latest(messages).values().stream()
                            .filter(minute -> minute.stream().equals("gate"))
                            .mapToLong(minute -> minute.counts().helmet())
                            .sum())
                    .isEqualTo(25);
        }
    }

    /** A stream that another node may have taken over. */
    private static final class SwitchedOwnership implements StreamOwnership {
        private volatile Verdict verdict = Verdict.UNDECIDED;

        @Override
        public NodeEpoch origin(String stream) {
            return null;
        }

        @Override
        public Verdict verdict(String stream, NodeEpoch origin) {
            return verdict;
        }
    }

    @Test
    void shouldHoldWhatWasCountedWithoutTheBrokerAndMarkItWhereAnotherNodeCountedToo() throws IOException {
        KafkaConfig config = TestConfigs.compliance(broker.bootstrapServers(), "compliance.superseded");
        SwitchedOwnership ownership = new SwitchedOwnership();
        List<ComplianceMinute> withdrawn = new CopyOnWriteArrayList<>();
        NodeEpoch first = new NodeEpoch("n1", 4);
        NodeEpoch second = new NodeEpoch("n2", 5);
        ComplianceMinute before = Minutes.by(first, false, NOON - 3, minute("gate", "", NOON, 0, 10, 1));
        ComplianceMinute isolated = Minutes.by(first, true, NOON - 2, minute("gate", "", NOON, 0, 20, 2));
        ComplianceMinute after = Minutes.by(second, false, NOON - 1, minute("gate", "", NOON, 0, 25, 3));
        try (ComplianceOutbox outbox = outbox();
                KafkaComplianceSender sender = new KafkaComplianceSender(config, outbox, ownership, withdrawn::add)) {
            outbox.store(List.of(before, isolated, after));
            Await.until("what is certain is delivered", () -> outbox.waiting() == 1);
            assertThat(sender.statistics().published()).isEqualTo(2);
            ownership.verdict = StreamOwnership.Verdict.SUPERSEDED;
            Await.until("the rest is delivered", () -> outbox.waiting() == 0);
        }
        assertThat(withdrawn).containsExactly(isolated);
        try (TopicReader reader =
                new TopicReader(broker.bootstrapServers(), config.topics().compliance())) {
            List<ConsumerRecord<String, String>> messages = reader.until(3);
            assertThat(messages)
                    .allSatisfy(message -> assertThat(SchemaFiles.compliance().complaints(message.value()))
                            .isEmpty());
            assertThat(TopicReader.header(messages.get(2), "ce_superseded")).isEqualTo("true");
            MinuteParts parts = new MinuteParts(List.of());
            for (ConsumerRecord<String, String> message : messages) {
                parts.put(ComplianceJson.read(message.value().getBytes(StandardCharsets.UTF_8)));
            }
            assertThat(parts.known())
                    .as("a camera that moves within a minute is counted once")
                    .extracting(part -> part.counts().helmet())
                    .containsExactlyInAnyOrder(10L, 25L);
        }
    }

    @Test
    void shouldKeepCountsWhileTheBrokerIsAwayAndOverARestart() {
        broker.stop();
        KafkaConfig config = TestConfigs.compliance(broker.bootstrapServers(), "compliance.outage");
        long start = System.nanoTime();
        try (ComplianceOutbox outbox = outbox();
                KafkaComplianceSender sender = new KafkaComplianceSender(config, outbox)) {
            outbox.store(List.of(minute("gate", "", NOON, 0, 10, 1)));
            Await.until(
                    "the outage is known", () -> !sender.statistics().problem().isEmpty());
        }
        assertThat(System.nanoTime() - start)
                .as("closing does not wait for the broker")
                .isLessThan(30_000_000_000L);
        broker.restart();
        try (ComplianceOutbox outbox = outbox();
                KafkaComplianceSender sender = new KafkaComplianceSender(config, outbox)) {
            assertThat(outbox.waiting()).isEqualTo(1);
            Await.until("delivered", () -> outbox.waiting() == 0);
            assertThat(sender.statistics().published()).isEqualTo(1);
        }
    }
}
