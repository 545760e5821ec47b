package io.helmwatch.sinks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.ThreadMXBean;
import io.helmwatch.config.secret.Redaction;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.ModelIdentity;
import io.helmwatch.vision.StreamReason;
import io.helmwatch.vision.StreamStatus;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class DetectionJsonTest {
    private static final long PUBLISHED = 1_795_176_000_071L;
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final DetectionJson json = new DetectionJson();

    @Test
    void shouldWriteTheMessageThatTheDesignShows() throws IOException {
        String message = text(json.detections(SampleMessages.designExample(), PUBLISHED));
        assertThat(message).isEqualTo(golden("detections.json"));
        assertThat(SchemaFiles.detections().complaints(message)).isEmpty();
    }

    @Test
    void shouldWriteStreamStateMessageWithItsExpiryUnlessItIsALine() throws IOException {
        StreamStatus status = new StreamStatus(
                "gate-3",
                StreamStatus.State.OFFLINE,
                StreamReason.CONNECTION,
                "no packet for 10 s; retrying in 2 s",
                1_795_176_000_040L);
        String message = text(json.status(status, DetectionJson.id(status), PUBLISHED, PUBLISHED + 90_000));
        assertThat(message).isEqualTo(golden("streams.json"));
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        json.writeStatus(status, PUBLISHED, null, line);
        assertThat(line.toString(StandardCharsets.UTF_8).strip())
                .isEqualTo(message.replace(",\"validUntil\":\"2026-11-20T12:01:30.071Z\"", ""));
        assertThat(SchemaFiles.streams().complaints(message)).isEmpty();
    }

    @Test
    void shouldWriteLineOfDetect() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        FrameDetections frame = SampleMessages.designExample();
        json.writeDetectLine("pictures/yard 1.jpg", 0, 0, frame.size(), frame.detections(), out);
        json.writeDetectLine("clip.mp4", 12, 480, new ImageSize(640, 360), List.of(), out);
        String lines = out.toString(StandardCharsets.UTF_8);
        assertThat(lines).isEqualTo(golden("detect.jsonl") + "\n");
        for (String line : lines.split("\n")) {
            assertThat(SchemaFiles.detect().complaints(line)).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(StreamStatus.State.class)
    void shouldKeepEveryStateWithinTheSchema(StreamStatus.State state) {
        StreamStatus status = SampleMessages.status("a", state, 1);
        String message = text(json.status(status, DetectionJson.id(status), PUBLISHED, PUBLISHED));
        assertThat(SchemaFiles.streams().complaints(message)).isEmpty();
    }

    @Test
    void shouldKeepAnyFrameWithinTheSchema() throws IOException {
        SchemaFiles schema = SchemaFiles.detections();
        Random random = new Random(3);
        for (int i = 0; i < 200; i++) {
            FrameDetections frame =
                    SampleMessages.frame("s_" + i, random.nextInt(Integer.MAX_VALUE), random.nextInt(20));
            byte[] message = json.detections(frame, PUBLISHED + i);
            assertThat(schema.complaints(text(message))).isEmpty();
            JsonNode node = MAPPER.readTree(message);
            assertThat(node.get("id").asText()).isEqualTo(frame.id());
            assertThat(node.get("detections")).hasSize(frame.detections().size());
        }
    }

    @Test
    void shouldFailTheSchemaWhenAMessageIsWrong() {
        SchemaFiles schema = SchemaFiles.detections();
        String good = text(json.detections(SampleMessages.designExample(), PUBLISHED));
        assertThat(schema.complaints(good.replace("\"width\":1920", "\"width\":0")))
                .isNotEmpty();
        assertThat(schema.complaints(good.replace("0.91", "1.91"))).isNotEmpty();
        assertThat(schema.complaints(good.replace(",301.2]", "]"))).isNotEmpty();
        assertThat(schema.complaints(good.replace(".040Z", "Z"))).isNotEmpty();
        assertThat(schema.complaints(good.replace("2026-11-20T12:00:00.071Z", "2026-13-20T12:00:00.071Z")))
                .isNotEmpty();
        assertThat(schema.complaints(good.replace("\"height\"", "\"depth\""))).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0.0",
        "233, 233.0",
        "812.4, 812.4",
        "0.04, 0.0",
        "0.05, 0.1",
        "0.96, 1.0",
        "1919.96, 1920.0",
        "-0.3, -0.3",
        "-0.04, 0.0",
        "7679.9, 7679.9",
        "NaN, 0.0",
        "Infinity, 0.0"
    })
    void shouldRoundCoordinatesToATenthOfAPixel(float value, String written) {
        assertThat(text(json.detections(withBox(value, 0.5f), PUBLISHED))).contains("\"box\":[" + written + ",");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0.00",
        "1, 1.00",
        "0.91, 0.91",
        "0.9, 0.90",
        "0.913, 0.913",
        "0.9126, 0.913",
        "0.9996, 1.00",
        "0.0004, 0.00",
        "1.2, 1.00",
        "-1, 0.00",
        "NaN, 0.00"
    })
    void shouldRoundConfidencesToAThousandth(float value, String written) {
        assertThat(text(json.detections(withBox(1, value), PUBLISHED))).contains("\"confidence\":" + written + ",");
    }

    @Test
    void shouldWriteTimesAsJavaTimeDoes() {
        Random random = new Random(5);
        for (int i = 0; i < 20_000; i++) {
            long millis = (long) (random.nextDouble() * 253_402_300_799_999L);
            String expected = Instant.ofEpochMilli(millis).toString();
            String written = EventTime.format(millis);
            assertThat(Instant.parse(written)).isEqualTo(Instant.parse(expected));
            assertThat(written).hasSize(24).endsWith("Z");
        }
        assertThat(EventTime.format(0)).isEqualTo("1970-01-01T00:00:00.000Z");
        assertThat(EventTime.format(951_782_400_000L)).isEqualTo("2000-02-29T00:00:00.000Z");
        assertThat(EventTime.format(1_798_761_599_999L)).isEqualTo("2026-12-31T23:59:59.999Z");
        assertThat(EventTime.format(-5)).isEqualTo("1970-01-01T00:00:00.000Z");
        assertThat(EventTime.format(Long.MAX_VALUE)).isEqualTo("9999-12-31T23:59:59.999Z");
    }

    @Test
    void shouldEscapeOddTextAndMaskSecrets() throws IOException {
        Redaction.register(Secret.of("pa\"ss\\word"));
        StreamStatus status = new StreamStatus(
                "a", StreamStatus.State.OFFLINE, "tab\t \"q\" \u0001 \uD83D\uDE00 rtsp://u:p@cam/x pa\"ss\\word", 1);
        JsonNode node = MAPPER.readTree(json.status(status, "a/1/offline", PUBLISHED, PUBLISHED));
        assertThat(node.get("reason").asText()).isEqualTo("tab\t \"q\" \u0001 \uD83D\uDE00 rtsp://***@cam/x ***");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        json.writeDetectLine("rtsp://u:p@cam/x", 0, 0, new ImageSize(1, 1), List.of(), out);
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("\"source\":\"rtsp://***@cam/x\"");
    }

    @Test
    void shouldWriteUtf8EvenWhereALabelHoldsHalfAPair() throws IOException {
        for (String label : List.of("\uD83D", "a\uD83D b", "\uDE00", "\uD83D\uD83D\uDE00")) {
            Detection detection = new Detection(label, 0.5f, new BoundingBox(0, 0, 1, 1));
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            json.writeDetectLine("x", 0, 0, new ImageSize(1, 1), List.of(detection), out);
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(out.toByteArray()));
            assertThat(MAPPER.readTree(out.toByteArray()).get("detections")).hasSize(1);
        }
    }

    @Test
    void shouldWriteTheNextMessageWellAfterOneThatFailed() {
        FrameDetections broken = new FrameDetections(
                "a",
                1,
                1,
                1,
                1,
                new ImageSize(1, 1),
                new ModelIdentity("m", "1", "fp32", "cpu"),
                List.of(new Detection("head", 0.5f, null)));
        assertThatThrownBy(() -> json.detections(broken, PUBLISHED)).isInstanceOf(NullPointerException.class);
        assertThat(text(json.detections(SampleMessages.designExample(), PUBLISHED)))
                .startsWith("{\"schema\"")
                .endsWith("}]}");
    }

    @Test
    void shouldAllocateLittleMoreThanTheMessage() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        FrameDetections frame = SampleMessages.frame("gate-3", 1, 20);
        int length = json.detections(frame, PUBLISHED).length;
        for (int i = 0; i < 5_000; i++) {
            json.detections(frame, PUBLISHED);
        }
        long self = Thread.currentThread().getId();
        long before = threads.getThreadAllocatedBytes(self);
        for (int i = 0; i < 1_000; i++) {
            json.detections(frame, PUBLISHED);
        }
        long perMessage = (threads.getThreadAllocatedBytes(self) - before) / 1_000;
        assertThat(perMessage).isLessThan(length + 512);
    }

    private static FrameDetections withBox(float x1, float confidence) {
        return new FrameDetections(
                "a",
                1,
                1,
                1,
                1,
                new ImageSize(1, 1),
                new ModelIdentity("m", "1", "fp32", "cpu"),
                List.of(new Detection("head", confidence, new BoundingBox(x1, 0, 1, 1))));
    }

    private static String text(byte[] message) {
        return new String(message, StandardCharsets.UTF_8);
    }

    private static String golden(String name) throws IOException {
        try (var in = DetectionJsonTest.class.getResourceAsStream("/golden/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
        }
    }
}
