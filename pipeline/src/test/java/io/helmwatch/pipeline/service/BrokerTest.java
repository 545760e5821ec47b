package io.helmwatch.pipeline.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.config.Backend;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.incident.IncidentsConfig;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.SampleMedia;
import io.helmwatch.pipeline.cli.option.Settings;
import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.sinks.kafka.EmbeddedKafka;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole way: clip, network, broker, a consumer that knows nothing of us. */
@Timeout(120)
class BrokerTest {
    @TempDir
    static Path spool;

    private static EmbeddedKafka broker;

    @BeforeAll
    static void startBroker() {
        SampleMedia.workerClip();
        broker = EmbeddedKafka.start();
    }

    @AfterAll
    static void stopBroker() {
        if (broker != null) {
            broker.close();
        }
    }

    @Test
    void shouldDeliverEveryFrameOfTwoClipsInOrderToAPlainConsumer() throws Exception {
        KafkaConfig kafka = topics("two");
        StreamConfig gate = Settings.file("gate", SampleMedia.shortWorkerClip(), false);
        StreamConfig yard = Settings.file("yard", SampleMedia.shortWorkerClip(), false);
        try (DetectionService service = DetectionService.start(
                config(kafka, gate, yard), SampleMedia.cocoModel(), List.of(), FatalErrorHandler.LOG)) {
            service.awaitEnd();
        }

        List<ConsumerRecord<String, String>> messages = readAll(kafka.topics().detections());
        List<JsonNode> frames = messages.stream().map(m -> json(m.value())).toList();
        for (String stream : List.of("gate", "yard")) {
            List<JsonNode> own = frames.stream()
                    .filter(f -> f.get("stream").asText().equals(stream))
                    .toList();
            assertThat(own.stream().map(f -> f.get("sequence").asInt()))
                    .containsExactlyElementsOf(IntStream.range(0, SampleMedia.SHORT_WORKER_FRAMES)
                            .boxed()
                            .toList());
            assertThat(own.stream().map(f -> f.get("id").asText())).doesNotHaveDuplicates();
            assertThat(own)
                    .anySatisfy(f -> assertThat(f.get("detections").toString()).contains("\"person\""));
        }
        assertThat(messages).allSatisfy(m -> {
            assertThat(m.key()).isEqualTo(json(m.value()).get("stream").asText());
            assertThat(header(m, "ce_specversion")).isEqualTo("1.0");
            assertThat(header(m, "ce_id")).isEqualTo(json(m.value()).get("id").asText());
        });
        List<String> states = readAll(kafka.topics().streams()).stream()
                .map(m -> m.key() + " " + json(m.value()).get("state").asText())
                .toList();
        for (String stream : List.of("gate", "yard")) {
            assertThat(states.stream().filter(s -> s.startsWith(stream)))
                    .as("changes, and the last state once more when its lease is released")
                    .containsExactly(stream + " starting", stream + " online", stream + " ended", stream + " ended");
        }
        assertThat(NativeMemory.outstanding()).isEmpty();
    }

    @Test
    void shouldLoseNothingWhenTheBrokerIsStoppedAndStartedInBetween() throws Exception {
        KafkaConfig kafka = topics("outage");
        StreamConfig gate = Settings.file("gate", SampleMedia.workerClip(), false);
        try (DetectionService service = DetectionService.start(
                config(kafka, gate), SampleMedia.cocoModel(), List.of(), FatalErrorHandler.LOG)) {
            StreamFeed feed = service.pipelines().feeds().iterator().next();
            await(() -> feed.analysed() >= 10);
            broker.stop();
            long whenAway = feed.analysed();
            // Analysis goes on without the broker.
            await(() -> feed.analysed() == SampleMedia.WORKER_FRAMES || feed.analysed() >= whenAway + 30);
            broker.restart();
            service.awaitEnd();
            await(() -> service.published() >= SampleMedia.WORKER_FRAMES + 3);
        } finally {
            broker.restart();
        }
        assertThat(readAll(kafka.topics().detections()).stream()
                        .map(m -> json(m.value()).get("sequence").asInt()))
                .containsExactlyElementsOf(
                        IntStream.range(0, SampleMedia.WORKER_FRAMES).boxed().toList());
    }

    @Test
    void shouldSendATombstoneForAStreamThatLeavesTheConfigurationAndForNoOther() throws Exception {
        KafkaConfig kafka = topics("tombstone");
        StreamConfig gate = Settings.file("gate", SampleMedia.workerClip(), true);
        StreamConfig yard = Settings.file("yard", SampleMedia.workerClip(), true);
        try (DetectionService service = DetectionService.start(
                config(kafka, gate, yard), SampleMedia.cocoModel(), List.of(), FatalErrorHandler.LOG)) {
            await(() -> service.pipelines().feeds().stream().allMatch(feed -> feed.analysed() > 0));
            service.reloadFrom(() -> config(kafka, yard));
            assertThat(service.reload()).contains("removed gate");
        }
        List<ConsumerRecord<String, String>> states = readAll(kafka.topics().streams());
        List<ConsumerRecord<String, String>> gone =
                states.stream().filter(m -> m.key().equals("gate")).toList();
        assertThat(gone.stream()
                        .map(m -> m.value() == null
                                ? "removed"
                                : json(m.value()).get("state").asText()))
                .containsExactly("starting", "online", "ended", "removed");
        assertThat(states)
                .filteredOn(m -> m.key().equals("yard"))
                .allSatisfy(m -> assertThat(m.value()).isNotNull());
    }

    private static KafkaConfig topics(String prefix) {
        return KafkaConfig.DEFAULT
                .withBootstrapServers(broker.bootstrapServers())
                .withTopics(KafkaConfig.Topics.withPrefix(prefix));
    }

    private static HelmwatchConfig config(KafkaConfig kafka, StreamConfig... streams) {
        HelmwatchConfig files = Settings.of(Backend.CPU, ModelConfig.DEFAULT, List.of(streams));
        IncidentsConfig incidents = files.incidents();
        return files.withKafka(kafka)
                .withIncidents(new IncidentsConfig(
                        incidents.tracking(),
                        incidents.observation(),
                        incidents.lostAfter(),
                        incidents.spool().withDirectory(spool),
                        incidents.snapshots()));
    }

    private static List<ConsumerRecord<String, String>> readAll(String topic) {
        Map<String, Object> settings = Map.of("bootstrap.servers", broker.bootstrapServers());
        List<ConsumerRecord<String, String>> all = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                consumer.poll(Duration.ofMillis(200)).forEach(all::add);
            }
        }
        return all;
    }

    private static String header(ConsumerRecord<String, String> message, String name) {
        return Stream.of(message.headers().toArray())
                .filter(header -> header.key().equals(name))
                .map(Header::value)
                .map(value -> new String(value, StandardCharsets.UTF_8))
                .findFirst()
                .orElse("");
    }

    private static JsonNode json(String text) {
        try {
            return new ObjectMapper().readTree(text);
        } catch (Exception e) {
            throw new AssertionError("not JSON: " + text, e);
        }
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("time").isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(2);
        }
    }
}
