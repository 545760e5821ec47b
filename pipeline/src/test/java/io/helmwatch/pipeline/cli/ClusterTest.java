package io.helmwatch.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.helmwatch.config.ConfigLoader;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.pipeline.service.DetectionService;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.IncidentJson;
import io.helmwatch.sinks.kafka.EmbeddedKafka;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.ModelIdentity;
import io.helmwatch.vision.NodeEpoch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two nodes with real cameras' clips, a real broker, and the commands of an operator. */
@Timeout(120)
class ClusterTest {
    private static final Path HOME = Path.of(System.getProperty("helmwatch.home"));
    private static final Path CLIP = HOME.resolve("models/demo-clip/yard.mp4");
    private static final Path MODEL = HOME.resolve("models/helmet-yolov5n.onnx");
    private static final List<String> CAMERAS = List.of("gate", "pit", "yard");

    /** A message of a topic; {@code json} is null where there is no value. */
    private record Message(String topic, String key, JsonNode json) {}

    @TempDir
    Path folder;

    private final Closer opened = new Closer();
    private final List<Message> messages = new CopyOnWriteArrayList<>();
    private EmbeddedKafka broker;

    @BeforeEach
    void startBroker() {
        broker = opened.register(EmbeddedKafka.start());
    }

    @AfterEach
    void close() {
        opened.close();
    }

    private Path site(String node, List<String> cameras) throws IOException {
        StringBuilder text = new StringBuilder("kafka: {bootstrap-servers: '" + broker.bootstrapServers() + "'}\n"
                + "cluster: {name: site-a, node: " + node + "}\n"
                + "http: {port: 0}\ninference: {workers: 1}\n"
                + "desk: {directory: desk-" + node + "}\n"
                + "incidents: {spool: {directory: spool-" + node + "}}\n"
                + "streams:\n");
        for (String camera : cameras) {
            text.append("- {id: %s, url: '%s', realtime: true, loop: true, analyze-fps: 2,".formatted(camera, CLIP))
                    .append(" rules: [{name: bare, kind: no-helmet}]}\n");
        }
        return Files.writeString(folder.resolve(node + ".yaml"), text);
    }

    private DetectionService start(String node) throws IOException {
        return opened.register(DetectionService.start(
                ConfigLoader.load(site(node, CAMERAS)), MODEL, List.of(), FatalErrorHandler.LOG));
    }

    /** Reads every topic from its beginning. */
    private void follow(String... topics) {
        Thread reader = new Thread(() -> {
            try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(
                    Map.of("bootstrap.servers", broker.bootstrapServers(), "auto.offset.reset", "earliest"),
                    new StringDeserializer(),
                    new StringDeserializer())) {
                consumer.assign(Stream.of(topics)
                        .map(topic -> new TopicPartition(topic, 0))
                        .toList());
                while (!Thread.currentThread().isInterrupted()) {
                    consumer.poll(Duration.ofMillis(100))
                            .forEach(record -> messages.add(new Message(
                                    record.topic(),
                                    record.key(),
                                    record.value() == null ? null : CommandRun.json(record.value()))));
                }
            } catch (InterruptException end) {
                Thread.currentThread().interrupt();
            }
        });
        opened.register(() -> {
            reader.interrupt();
            reader.join();
        });
        reader.start();
    }

    private Stream<JsonNode> detections(String node) {
        return messages.stream()
                .filter(message -> message.topic().equals("helmwatch.detections"))
                .map(Message::json)
                .filter(json -> json.path("node").asText().equals(node));
    }

    private Set<String> analysedBy(String node) {
        return detections(node).map(json -> json.path("stream").asText()).collect(Collectors.toSet());
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(until);
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    private long epoch(String node, String camera) {
        return detections(node)
                .filter(json -> json.path("stream").asText().equals(camera))
                .mapToLong(json -> json.path("epoch").asLong())
                .max()
                .orElse(0);
    }

    @Test
    void shouldHandTheCamerasOfANodeThatStopsToTheOtherWithoutADoubtfulMessage() throws Exception {
        Path site = site("first", CAMERAS);
        CommandRun applied = CommandRun.of("cameras", "apply", "-c", site);
        assertThat(applied.code()).as(applied.err()).isZero();
        assertThat(applied.out().lines()).containsExactly("+ gate", "+ pit", "+ yard");
        assertThat(CommandRun.of("cameras", "apply", "-c", site).err()).contains("0 added", "3 unchanged");
        DetectionService first = start("first");
        follow("helmwatch.detections", "helmwatch.events", "helmwatch.streams");
        await(() -> analysedBy("first").containsAll(CAMERAS));
        start("second");
        await(() -> !analysedBy("second").isEmpty());

        first.close();
        await(() -> analysedBy("second").containsAll(CAMERAS));

        assertThat(CAMERAS)
                .allSatisfy(camera -> assertThat(epoch("second", camera)).isGreaterThan(epoch("first", camera)));
        assertThat(messages.stream().filter(message -> message.json() != null))
                .as("an orderly hand-over leaves nothing to doubt")
                .noneMatch(message -> message.json().has("superseded"));
        assertThat(CommandRun.of("cameras", "list", "-c", site).out().lines())
                .hasSize(3)
                .allMatch(line -> line.contains("node=second"));
        assertThat(CommandRun.of("nodes", "-c", site).out()).contains("second weight=1 partitions=64 cameras=3");

        assertThat(CommandRun.of("cameras", "apply", "-c", site("first", List.of("pit", "yard")))
                        .out())
                .isEqualTo("- gate\n");
        await(() -> messages.stream()
                .anyMatch(message -> message.topic().equals("helmwatch.streams")
                        && message.key().equals("gate")
                        && message.json() == null));
    }

    private static Incident leftOpen(String id) {
        Incident update = Incident.builder().id(id).revision(3).phase(Incident.Phase.UPDATE).stream("gate")
                .rule("bare")
                .kind(Incident.Kind.NO_HELMET)
                .track(1)
                .startedAtMillis(1_000)
                .lastAtMillis(1_500)
                .decidedAtMillis(1_500)
                .decidedSequence(12)
                .decidedPtsNanos(500_000_000)
                .peakConfidence(0.9f)
                .meanConfidence(0.8f)
                .observations(10)
                .size(new ImageSize(1280, 720))
                .model(new ModelIdentity("helmet-yolov5n", "2.0.0", "fp32", "cpu"))
                .build();
        return update.withOrigin(new NodeEpoch("dead", 1));
    }

    @Test
    void shouldEndIncidentsThatALostNodeLeftOpenAndSayWhyACameraCannotRun() throws Exception {
        Path site = site("heir", CAMERAS);
        assertThat(CommandRun.of("cameras", "apply", "-c", site).code()).isZero();
        String incident = "gate/1/bare/1";
        String left = new String(IncidentJson.incident(leftOpen(incident), 2_000), StandardCharsets.UTF_8);
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers()),
                new StringSerializer(),
                new StringSerializer())) {
            producer.send(new ProducerRecord<>("helmwatch.incidents.open", incident, left))
                    .get();
            producer.send(new ProducerRecord<>(
                            "helmwatch.cameras",
                            5,
                            "broken",
                            "{\"id\":\"broken\",\"url\":\"rtsp://${NOT_SET_ANYWHERE}/1\"}"))
                    .get();
        }

        start("heir");
        follow("helmwatch.events", "helmwatch.streams", "helmwatch.incidents.open");

        await(() -> messages.stream()
                .anyMatch(message -> message.topic().equals("helmwatch.events")
                        && message.json().path("endReason").asText().equals("node-lost")
                        && message.json().path("node").asText().equals("heir")
                        && message.json().path("incident").asText().equals(incident)));
        await(() -> messages.stream()
                .anyMatch(message -> message.topic().equals("helmwatch.incidents.open")
                        && message.key().equals(incident)
                        && message.json() == null));
        await(() -> messages.stream()
                .anyMatch(message -> message.topic().equals("helmwatch.streams")
                        && message.key().equals("broken")
                        && message.json().path("state").asText().equals("failed")
                        && message.json().path("reason").asText().contains("NOT_SET_ANYWHERE")));
    }
}
