package io.helmwatch.sinks.kafka;

import static io.helmwatch.sinks.spool.Incidents.bareHead;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.helmwatch.config.http.DeskConfig;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.sinks.IncidentJson;
import io.helmwatch.sinks.IncidentReader;
import io.helmwatch.sinks.WrittenIncident;
import io.helmwatch.sinks.history.IncidentHistory;
import io.helmwatch.sinks.history.IncidentQuery;
import io.helmwatch.sinks.history.RecordedIncident;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.Incident.EndReason;
import io.helmwatch.vision.Incident.Phase;
import io.helmwatch.vision.NodeEpoch;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ClusterIncidentReaderTest {
    @RegisterExtension
    static final SharedBroker BROKER = new SharedBroker();

    private static final Duration KEEP = Duration.ofDays(30);
    private static final IncidentQuery ALL =
            new IncidentQuery(null, null, null, null, null, IncidentQuery.State.ALL, 100, null);

    private static int topics;

    @TempDir
    Path folder;

    private final List<Incident> announced = new CopyOnWriteArrayList<>();
    private KafkaConfig kafka;
    private KafkaProducer<String, byte[]> producer;

    @BeforeEach
    void createTopic() throws Exception {
        kafka = TestConfigs.events(BROKER.bootstrapServers(), "cluster.events." + topics++, Map.of());
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", BROKER.bootstrapServers()))) {
            admin.createTopics(List.of(new NewTopic(kafka.topics().events(), 2, (short) 1)))
                    .all()
                    .get();
        }
        producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", BROKER.bootstrapServers()),
                new StringSerializer(),
                new ByteArraySerializer());
    }

    @AfterEach
    void closeProducer() {
        producer.close();
    }

    private IncidentHistory history() {
        return new IncidentHistory(new DeskConfig(folder, KEEP, 1L << 30), Clock.systemUTC(), "here");
    }

    private ClusterIncidentReader read(IncidentHistory history) {
        return new ClusterIncidentReader(kafka, "here", history, KEEP, announced::add);
    }

    private static Incident by(String node, long epoch, Incident incident) {
        return incident.withOrigin(new NodeEpoch(node, epoch));
    }

    private void publish(Incident incident) throws Exception {
        publish(incident.stream(), IncidentJson.incident(incident, System.currentTimeMillis()));
    }

    private void publish(String stream, byte[] message) throws Exception {
        producer.send(new ProducerRecord<>(kafka.topics().events(), stream, message))
                .get();
    }

    private static List<RecordedIncident> recorded(IncidentHistory history, int count) {
        await().untilAsserted(() -> assertThat(history.search(ALL)).hasSize(count));
        return history.search(ALL);
    }

    @Test
    void shouldReadOwnIncidentsOfANewDiskToTheirEndAlsoWhenItIsStoppedInTheMiddle() throws Exception {
        kafka = TestConfigs.kafka(
                BROKER.bootstrapServers(), kafka.topics().events(), 10, Map.of("max.poll.records", Secret.of("1")));
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", BROKER.bootstrapServers()))) {
            admin.createTopics(List.of(new NewTopic(kafka.topics().events(), 2, (short) 1)))
                    .all()
                    .get();
        }
        for (int number = 1; number <= 3; number++) {
            publish(by("here", 3, bareHead("gate", number, 0, Phase.START)));
        }
        CountDownLatch stopped = new CountDownLatch(1);
        try (IncidentHistory history = history();
                ClusterIncidentReader reader = new ClusterIncidentReader(kafka, "here", history, KEEP, incident -> {
                    stopped.countDown();
                    throw new WakeupException();
                })) {
            assertThat(stopped.await(20, TimeUnit.SECONDS)).isTrue();
            recorded(history, 1);
        }
        try (IncidentHistory history = history();
                ClusterIncidentReader again = read(history)) {
            recorded(history, 3);
        }
    }

    @Test
    void shouldRecordIncidentsOfOtherNodesAndContinueWhereItStopped() throws Exception {
        try (IncidentHistory history = history()) {
            try (ClusterIncidentReader reader = read(history)) {
                publish(by("there", 3, bareHead("gate", 1, 0, Phase.START)));
                publish("gate", "no incident".getBytes(StandardCharsets.UTF_8));
                publish(by("there", 3, bareHead("gate", 1, 1, Phase.END)));
                await().until(() -> announced.size() == 2);
            }
            assertThat(history.find("gate/1795176000/no-helmet-in-pit/1")).hasValueSatisfying(incident -> {
                assertThat(incident.node()).isEqualTo("there");
                assertThat(incident.endReason()).isEqualTo(EndReason.COMPLIANCE);
                assertThat(incident.positions()).hasSize(2);
                assertThat(incident.isSuperseded()).isFalse();
            });
            announced.clear();
            publish(by("there", 3, bareHead("gate", 2, 0, Phase.START)));
            try (ClusterIncidentReader again = read(history)) {
                recorded(history, 2);
                await().until(() -> announced.size() == 1);
            }
        }
        try (IncidentHistory history = history()) {
            assertThat(history.search(ALL))
                    .as("what another node has open stays open when this one starts again")
                    .extracting(RecordedIncident::endReason)
                    .containsExactlyInAnyOrder(null, EndReason.COMPLIANCE);
        }
    }

    @Test
    void shouldMarkWhatAReplacedNodeSays() throws Exception {
        try (IncidentHistory history = history();
                ClusterIncidentReader reader = read(history)) {
            Incident doubtful = by("zombie", 4, bareHead("gate", 8, 0, Phase.START));
            publish(by("zombie", 4, bareHead("gate", 1, 0, Phase.START)));
            publish(by("heir", 5, bareHead("gate", 1, 1, Phase.END, EndReason.NODE_LOST)));
            publish("gate", WrittenIncident.superseded(IncidentJson.incident(doubtful, System.currentTimeMillis())));
            publish(by("zombie", 4, bareHead("gate", 9, 0, Phase.START)));
            publish(by("zombie", 4, bareHead("gate", 1, 2, Phase.END, EndReason.ABSENCE)));
            publish(by("heir", 5, bareHead("gate", 2, 0, Phase.START)));

            assertThat(recorded(history, 4))
                    .extracting(incident -> incident.id().replaceAll(".*/", ""), RecordedIncident::isSuperseded)
                    .containsExactlyInAnyOrder(
                            tuple("1", false), tuple("2", false), tuple("8", true), tuple("9", true));
            assertThat(history.find("gate/1795176000/no-helmet-in-pit/1")).hasValueSatisfying(incident -> {
                assertThat(incident.endReason()).as("as the successor ended it").isEqualTo(EndReason.NODE_LOST);
                assertThat(incident.node()).as("who has the image").isEqualTo("zombie");
            });
            IncidentQuery open = new IncidentQuery(null, null, null, null, null, IncidentQuery.State.OPEN, 100, null);
            assertThat(history.search(open)).hasSize(1);
            assertThat(announced).extracting(Incident::eventId).noneMatch(id -> id.contains("/9/"));
        }
    }

    @Test
    void shouldLeaveItsOwnIncidentsToItsOwnSinkUnlessTheTopicIsNew() throws Exception {
        publish(by("here", 3, bareHead("gate", 1, 0, Phase.START)));
        try (IncidentHistory history = history();
                ClusterIncidentReader reader = read(history)) {
            recorded(history, 1);
            publish(by("here", 3, bareHead("gate", 2, 0, Phase.START)));
            publish(by("here", 3, bareHead("yard", 1, 4, Phase.END, EndReason.NODE_LOST)));
            Incident taken = by("here", 3, bareHead("gate", 4, 0, Phase.START));
            history.record(List.of(taken));
            publish("gate", WrittenIncident.superseded(IncidentJson.incident(taken, System.currentTimeMillis())));

            await().untilAsserted(() -> assertThat(history.search(ALL))
                    .extracting(RecordedIncident::id, RecordedIncident::isSuperseded)
                    .containsExactlyInAnyOrder(
                            tuple("gate/1795176000/no-helmet-in-pit/1", false),
                            tuple("yard/1795176000/no-helmet-in-pit/1", false),
                            tuple("gate/1795176000/no-helmet-in-pit/4", true)));
        }
    }

    @Test
    void shouldReadBackWhatAnIncidentMessageSays() {
        Incident sent = by("there", 3, bareHead("gate", 1, 1, Phase.END))
                .withSnapshot(new Incident.Snapshot("gate/a.jpg", "00", "gate/a-drawn.jpg", "01", "file:///a", null))
                .withZonePolygon(List.of(new Incident.Corner(0.25, 0.5), new Incident.Corner(1, 0)));
        Incident.Clip clip = new Incident.Clip(
                "a.mp4",
                "00",
                "file:///a.mp4",
                7,
                1_000,
                2_000,
                true,
                new Incident.Sidecar("a.json", "01", "file:///a.json"));

        assertThat(IncidentReader.read(IncidentJson.incident(sent, 5)))
                .hasValueSatisfying(read -> assertThat(read.incident())
                        .usingRecursiveComparison()
                        .withEqualsForType((a, b) -> Math.abs(a - b) < 0.06f, Float.class)
                        .isEqualTo(sent));
        assertThat(IncidentReader.read(IncidentJson.incident(sent.evidence(clip), 5)))
                .hasValueSatisfying(read -> assertThat(read.incident().clip()).isEqualTo(clip));
        assertThat(IncidentReader.read(null)).isEmpty();
        assertThat(IncidentReader.read("{\"incident\":\"a\",\"phase\":\"new\"}".getBytes(StandardCharsets.UTF_8)))
                .isEmpty();
    }
}
