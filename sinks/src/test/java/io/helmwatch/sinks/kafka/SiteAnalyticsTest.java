package io.helmwatch.sinks.kafka;

import static io.helmwatch.sinks.compliance.Minutes.NOON;
import static io.helmwatch.sinks.compliance.Minutes.minute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.config.http.DeskConfig;
import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.config.sink.AnalyticsConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.sinks.SchemaFiles;
import io.helmwatch.sinks.compliance.ComplianceJson;
import io.helmwatch.sinks.compliance.ComplianceOutbox;
import io.helmwatch.sinks.compliance.ComplianceQuarter;
import io.helmwatch.sinks.compliance.FiguresUnavailableException;
import io.helmwatch.sinks.compliance.QuarterJson;
import io.helmwatch.sinks.history.IncidentHistory;
import io.helmwatch.vision.ComplianceMinute;
import io.helmwatch.vision.HeadCounts;
import io.helmwatch.vision.ModelIdentity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Site-wide sums against those of the desk's history, which are made from the same counts. */
@Timeout(120)
class SiteAnalyticsTest {
    @RegisterExtension
    static final SharedBroker broker = new SharedBroker();

    private static final ModelIdentity MODEL = new ModelIdentity("m", "1", "fp32", "cpu");

    @TempDir
    Path folder;

    private static KafkaConfig kafka(String topic) {
        return TestConfigs.compliance(broker.bootstrapServers(), topic);
    }

    private static AnalyticsConfig analytics(String topic) {
        return new AnalyticsConfig(topic, topic, Duration.ofDays(2), Duration.ofDays(35), true);
    }

    private IncidentHistory history() {
        return new IncidentHistory(
                DeskConfig.DEFAULT.withDirectory(folder.resolve("desk")),
                Clock.fixed(Instant.ofEpochMilli(NOON), ZoneOffset.UTC));
    }

    /** Minutes of two streams with zones, parts and corrections; some twice. */
    private static List<ComplianceMinute> minutes(Random random) {
        List<ComplianceMinute> minutes = new ArrayList<>();
        for (int i = 0; i < 1_500; i++) {
            ComplianceMinute minute = new ComplianceMinute(
                    random.nextBoolean() ? "gate" : "yard",
                    NOON + random.nextInt(2),
                    random.nextBoolean() ? "" : "pit",
                    NOON - 60_000L * random.nextInt(300),
                    random.nextInt(3),
                    new HeadCounts(
                            random.nextInt(100),
                            random.nextInt(10),
                            random.nextInt(5),
                            random.nextInt(3) * 100,
                            random.nextInt(60_000)),
                    MODEL,
                    null);
            minutes.add(minute);
            if (random.nextInt(10) == 0) {
                minutes.add(minute);
            }
        }
        return minutes;
    }

    /** One message for each id, as producers write them: a repeat has the same counts. */
    private static List<ComplianceMinute> withoutContradictions(List<ComplianceMinute> minutes) {
        Map<String, ComplianceMinute> byId = new HashMap<>();
        return minutes.stream()
                .map(minute -> byId.computeIfAbsent(minute.id(), absent -> minute))
                .toList();
    }

    private TopologyTestDriver driver(KafkaConfig kafka, AnalyticsConfig analytics) {
        Properties properties = new Properties();
        properties.put("application.id", "test");
        properties.put("bootstrap.servers", "unused:1");
        properties.put("state.dir", folder.resolve("streams").toString());
        return new TopologyTestDriver(SiteTopology.of(kafka, analytics), properties, Instant.ofEpochMilli(NOON));
    }

    @Test
    void shouldSumToWhatTheHistorySumsToInWhateverOrderMessagesComeAndRepeat() throws IOException {
        KafkaConfig kafka = kafka("in");
        List<ComplianceMinute> minutes = withoutContradictions(minutes(new Random(3)));
        Map<String, ComplianceQuarter> sums = new HashMap<>();
        try (TopologyTestDriver driver = driver(kafka, analytics("out"))) {
            TestInputTopic<String, byte[]> in =
                    driver.createInputTopic("in", new StringSerializer(), new ByteArraySerializer());
            TestOutputTopic<String, byte[]> out =
                    driver.createOutputTopic("out", new StringDeserializer(), new ByteArrayDeserializer());
            minutes.forEach(minute -> in.pipeInput(minute.key(), ComplianceJson.write(minute, NOON)));
            in.pipeInput("no-counts", "{}".getBytes(StandardCharsets.UTF_8));
            for (TestRecord<String, byte[]> record : out.readRecordsToList()) {
                String json = new String(record.value(), StandardCharsets.UTF_8);
                assertThat(SchemaFiles.complianceQuarters().complaints(json)).isEmpty();
                assertThat(json).contains("\"id\":\"" + record.key() + "/");
                sums.put(record.key(), QuarterJson.read(record.value()));
            }
        }
        List<ComplianceMinute> shuffled = new ArrayList<>(minutes);
        Collections.shuffle(shuffled, new Random(4));
        try (IncidentHistory history = history()) {
            history.store(shuffled);
            assertThat(history.quarters(0, Long.MAX_VALUE)).hasSizeGreaterThan(70);
            assertThat(sums.values()).containsExactlyInAnyOrderElementsOf(history.quarters(0, Long.MAX_VALUE));
        }
    }

    @Test
    void shouldTakeLateCountsRefuseTooLateOnesAndForgetWhatIsNotKept() {
        KafkaConfig kafka = kafka("in");
        try (TopologyTestDriver driver = driver(kafka, analytics("out"))) {
            TestInputTopic<String, byte[]> in =
                    driver.createInputTopic("in", new StringSerializer(), new ByteArraySerializer());
            TestOutputTopic<String, byte[]> out =
                    driver.createOutputTopic("out", new StringDeserializer(), new ByteArrayDeserializer());
            ComplianceMinute first = minute("gate", "", NOON, 0, 10, 1);
            in.pipeInput(first.key(), ComplianceJson.write(first, NOON));
            driver.advanceWallClockTime(Duration.ofHours(47));
            ComplianceMinute late = minute("gate", "", NOON, 1, 12, 1);
            in.pipeInput(late.key(), ComplianceJson.write(late, NOON));
            assertThat(out.readKeyValuesToList())
                    .extracting(pair -> quarter(pair.value).counts().helmet())
                    .containsExactly(10L, 12L);

            driver.advanceWallClockTime(Duration.ofHours(2));
            ComplianceMinute tooLate = minute("gate", "", NOON, 2, 99, 1);
            in.pipeInput(tooLate.key(), ComplianceJson.write(tooLate, NOON));
            assertThat(out.isEmpty()).isTrue();
            byte[] closed =
                    driver.<String, byte[]>getKeyValueStore(SiteTopology.STORE).get("gate/1795176000");
            assertThat(closed).as("only the sums are left").hasSize(56);

            driver.advanceWallClockTime(Duration.ofDays(34));
            assertThat(out.readKeyValuesToList()).hasSize(1).allSatisfy(pair -> {
                assertThat(pair.key).isEqualTo("gate/1795176000");
                assertThat(pair.value).isNull();
            });
        }
    }

    private static ComplianceQuarter quarter(byte[] value) {
        try {
            return QuarterJson.read(value);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void shouldGiveTheDeskTheSumsOfItsHistoryThroughARealBrokerAndAfterARestart() {
        KafkaConfig kafka = kafka("site.counts");
        AnalyticsConfig analytics = analytics("site.quarters");
        long now = System.currentTimeMillis() / 60_000 * 60_000;
        List<ComplianceMinute> first = List.of(minute("gate", "", now, 0, 10, 1), minute("gate", "pit", now, 0, 5, 1));
        List<ComplianceMinute> second =
                List.of(minute("gate", "", now, 1, 12, 1), minute("yard", "", now - 3_600_000, 0, 7, 0));
        try (IncidentHistory history = history();
                ComplianceOutbox outbox = new ComplianceOutbox(
                        new SpoolConfig(folder.resolve("spool"), 1 << 24, false), Clock.systemUTC());
                KafkaComplianceSender sender = new KafkaComplianceSender(kafka, outbox);
                KafkaQuarters desk = new KafkaQuarters(kafka, analytics)) {
            assertThatThrownBy(() -> desk.quarters(0, Long.MAX_VALUE))
                    .isInstanceOf(FiguresUnavailableException.class)
                    .hasMessageContaining("site.quarters");
            history.store(first);
            outbox.store(first);
            try (SiteAnalytics site = new SiteAnalytics(kafka, analytics)) {
                awaitSame(desk, history);
                assertThat(site.isRunning()).isTrue();
            }
            history.store(second);
            outbox.store(second);
            try (SiteAnalytics site = new SiteAnalytics(kafka, analytics)) {
                awaitSame(desk, history);
                assertThat(site.isRunning()).isTrue();
            }
            assertThat(desk.firstMillis()).isEqualTo(history.firstMillis());
            assertThat(sender.statistics().published()).isEqualTo(4);
        }
    }

    private static void awaitSame(KafkaQuarters desk, IncidentHistory history) {
        List<ComplianceQuarter> wanted = history.quarters(0, Long.MAX_VALUE);
        Await.until("the same sums", Duration.ofSeconds(40), () -> {
            try {
                return desk.quarters(0, Long.MAX_VALUE).equals(wanted);
            } catch (FiguresUnavailableException e) {
                return false;
            }
        });
    }
}
