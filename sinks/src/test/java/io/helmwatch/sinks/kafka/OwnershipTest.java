package io.helmwatch.sinks.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.sinks.SampleMessages;
import io.helmwatch.sinks.spool.IncidentSpool;
import io.helmwatch.sinks.spool.Incidents;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.NodeEpoch;
import io.helmwatch.vision.StreamOwnership;
import io.helmwatch.vision.StreamStatus;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What a node sends of streams that it has, may have lost, and has lost. */
class OwnershipTest {
    private static final NodeEpoch OWN = new NodeEpoch("node-1", 5);

    @RegisterExtension
    static final SharedBroker broker = new SharedBroker();

    @TempDir
    Path folder;

    private final Verdicts verdicts = new Verdicts();

    /** Says what it is told, by stream. */
    private static final class Verdicts implements StreamOwnership {
        final Map<String, Verdict> told = new ConcurrentHashMap<>();
        final AtomicInteger defects = new AtomicInteger();

        @Override
        public NodeEpoch origin(String stream) {
            return OWN;
        }

        @Override
        public Verdict verdict(String stream, @Nullable NodeEpoch origin) {
            if (defects.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                throw new IllegalStateException("a defect");
            }
            return told.getOrDefault(stream, Verdict.CURRENT);
        }
    }

    private static KafkaConfig topics(String name) {
        return TestConfigs.kafka(broker.bootstrapServers(), name, 100, Map.of());
    }

    private static Incident incident(String stream, int revision, Incident.Phase phase) {
        return Incidents.bareHead(stream, 1, revision, phase).withOrigin(OWN);
    }

    private static void create(String topic) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            admin.createTopics(List.of(new NewTopic(topic, Optional.of(1), Optional.empty())))
                    .all()
                    .get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void shouldKeepIncidentsInTheSpoolWhileItIsNotKnownWhoHasTheStreamAndMarkThemThen() throws Exception {
        KafkaConfig kafka = topics("held");
        create("held.open");
        verdicts.told.put("lost", StreamOwnership.Verdict.UNDECIDED);
        List<String> superseded = new CopyOnWriteArrayList<>();
        try (IncidentSpool spool = new IncidentSpool(new SpoolConfig(folder, 64 << 20, false), Clock.systemUTC());
                KafkaIncidentSender sender =
                        new KafkaIncidentSender(kafka, spool, verdicts, "held.open", superseded::add)) {
            spool.append(List.of(
                    incident("lost", 0, Incident.Phase.START),
                    incident("kept", 0, Incident.Phase.START),
                    incident("kept", 1, Incident.Phase.END)));
            Await.until("those of the other stream are delivered", () -> spool.delivered() == 2);
            assertThat(spool.waiting()).isEqualTo(1);

            verdicts.told.put("lost", StreamOwnership.Verdict.SUPERSEDED);
            Await.until("the other one too", () -> spool.waiting() == 0);
            assertThat(sender.isConnected()).isTrue();
        }
        assertThat(superseded)
                .containsExactly(incident("lost", 0, Incident.Phase.START).id());
        try (TopicReader events = new TopicReader(broker.bootstrapServers(), "held.events");
                TopicReader open = new TopicReader(broker.bootstrapServers(), "held.open")) {
            List<ConsumerRecord<String, String>> sent = events.until(3);
            assertThat(sent).extracting(ConsumerRecord::key).containsExactly("kept", "kept", "lost");
            assertThat(sent)
                    .allSatisfy(record -> assertThat(record.value()).contains("\"node\":\"node-1\",\"epoch\":5"));
            assertThat(sent.get(0).value()).doesNotContain("superseded");
            assertThat(sent.get(2).value()).contains("\"superseded\":true");
            assertThat(TopicReader.header(sent.get(2), "ce_superseded")).isEqualTo("true");
            List<ConsumerRecord<String, String>> opened = open.until(2);
            assertThat(opened)
                    .as("what is open: the start, then nothing; no word of a stream that another node has")
                    .hasSize(2)
                    .allMatch(record -> record.key()
                            .equals(incident("kept", 0, Incident.Phase.START).id()));
            assertThat(opened.get(0).value()).isEqualTo(sent.get(0).value());
            assertThat(opened.get(1).value()).isNull();
        }
    }

    @Test
    void shouldMarkDetectionsOfALostStreamAndSayNothingOfItsState() {
        KafkaConfig kafka = topics("lost");
        try (KafkaDetectionSink sink = new KafkaDetectionSink(kafka, verdicts)) {
            sink.publish(SampleMessages.status("gate-3", StreamStatus.State.ONLINE, 1_000));
            Await.until("its state is sent", () -> sink.statistics().published() == 1);
            verdicts.told.put("gate-3", StreamOwnership.Verdict.UNDECIDED);
            sink.publish(SampleMessages.designExample().withOrigin(OWN));
            sink.publish(SampleMessages.status("gate-3", StreamStatus.State.OFFLINE, 2_000));
            verdicts.told.put("gate-3", StreamOwnership.Verdict.SUPERSEDED);
            Await.until("its detections are sent", () -> sink.statistics().published() == 2);
        }
        try (TopicReader detections = new TopicReader(broker.bootstrapServers(), "lost.detections");
                TopicReader states = new TopicReader(broker.bootstrapServers(), "lost.streams")) {
            assertThat(detections.until(1))
                    .singleElement()
                    .satisfies(record ->
                            assertThat(record.value()).contains("\"node\":\"node-1\",\"epoch\":5,\"superseded\":true"));
            assertThat(states.until(1))
                    .singleElement()
                    .satisfies(record -> assertThat(record.value())
                            .contains("\"state\":\"online\"")
                            .contains("\"node\":\"node-1\",\"epoch\":5"));
        }
    }

    @Test
    void shouldLetTheStateOfAReleasedStreamExpireAndNotRenewThatOfAnAbandonedOne() {
        KafkaConfig kafka = topics("released");
        try (KafkaDetectionSink sink = new KafkaDetectionSink(kafka, verdicts)) {
            sink.publish(SampleMessages.status("handed-over", StreamStatus.State.ONLINE, 1_000));
            sink.publish(SampleMessages.status("abandoned", StreamStatus.State.ONLINE, 1_000));
            Await.until("both states are sent", () -> sink.statistics().published() == 2);
            sink.releaseStream("handed-over");
            sink.abandonStream("abandoned");
            Await.until("the release is sent", () -> sink.statistics().published() == 3);
        }
        try (TopicReader states = new TopicReader(broker.bootstrapServers(), "released.streams")) {
            List<ConsumerRecord<String, String>> sent = states.until(3);
            assertThat(sent)
                    .extracting(ConsumerRecord::key)
                    .containsExactlyInAnyOrder("handed-over", "abandoned", "handed-over");
            String released = sent.get(2).value();
            assertThat(released.replaceAll(".*\"publishedAt\":\"([^\"]+)\".*", "$1"))
                    .as("valid until it was sent")
                    .isEqualTo(released.replaceAll(".*\"validUntil\":\"([^\"]+)\".*", "$1"));
        }
    }

    @Test
    void shouldSendOnAfterADefect() {
        KafkaConfig kafka = topics("defect");
        verdicts.defects.set(1);
        try (KafkaDetectionSink sink = new KafkaDetectionSink(kafka, verdicts)) {
            sink.publish(SampleMessages.designExample().withOrigin(OWN));
            Await.until(
                    "the frame that it meets is dropped",
                    () -> sink.statistics().dropped() == 1);
            sink.publish(SampleMessages.designExample().withOrigin(OWN));
            Await.until("the next one is sent", () -> sink.statistics().published() == 1);
        }
        verdicts.defects.set(1);
        try (IncidentSpool spool = new IncidentSpool(new SpoolConfig(folder, 64 << 20, false), Clock.systemUTC());
                KafkaIncidentSender sender = new KafkaIncidentSender(kafka, spool, verdicts, null, incident -> {})) {
            spool.append(List.of(incident("kept", 0, Incident.Phase.START)));
            Await.until("nothing of the spool is lost", () -> spool.delivered() == 1);
            assertThat(verdicts.defects).hasValue(0);
            assertThat(sender.isConnected()).isTrue();
        }
    }
}
