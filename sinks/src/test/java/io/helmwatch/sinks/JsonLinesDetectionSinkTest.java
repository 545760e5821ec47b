package io.helmwatch.sinks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.config.sink.JsonLinesConfig;
import io.helmwatch.vision.NodeEpoch;
import io.helmwatch.vision.StreamOwnership;
import io.helmwatch.vision.StreamStatus;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonLinesDetectionSinkTest {
    @TempDir
    private Path folder;

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + 10_000_000_000L;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("gave up waiting").isLessThan(end);
            Thread.yield();
        }
    }

    @Test
    void shouldAppendOneLinePerMessageInOrder() throws IOException {
        Path file = folder.resolve("new/folder/lines.jsonl");
        for (int run = 0; run < 2; run++) {
            try (JsonLinesDetectionSink sink = JsonLinesDetectionSink.open(new JsonLinesConfig(file.toString()))) {
                sink.publish(SampleMessages.status("a", StreamStatus.State.ONLINE, 1));
                for (int i = 0; i < 1_000; i++) {
                    sink.publish(SampleMessages.frame("a", i));
                }
                await(() -> sink.statistics().published() == 1_001);
                assertThat(sink.statistics().dropped()).isZero();
            }
        }
        List<String> lines = Files.readAllLines(file);
        assertThat(lines).hasSize(2_002);
        assertThat(lines.get(0)).contains("\"state\":\"online\"");
        assertThat(SchemaFiles.streams().complaints(lines.get(1_001))).isEmpty();
        SchemaFiles schema = SchemaFiles.detections();
        for (int i = 0; i < 1_000; i += 50) {
            assertThat(lines.get(1 + i)).contains("\"sequence\":" + i + ",");
            assertThat(schema.complaints(lines.get(1 + i))).isEmpty();
        }
    }

    @Test
    void shouldNameTheNodeThatHadTheStreamWhenItsStateChanged() throws IOException {
        Path file = folder.resolve("node.jsonl");
        AtomicReference<NodeEpoch> origin = new AtomicReference<>(new NodeEpoch("first", 7));
        StreamOwnership ownership = new StreamOwnership() {
            @Override
            public NodeEpoch origin(String stream) {
                return origin.get();
            }

            @Override
            public Verdict verdict(String stream, NodeEpoch of) {
                return Verdict.CURRENT;
            }
        };
        try (JsonLinesDetectionSink sink =
                JsonLinesDetectionSink.open(new JsonLinesConfig(file.toString()), ownership)) {
            sink.publish(SampleMessages.status("a", StreamStatus.State.ONLINE, 1));
            origin.set(null);
            sink.publish(SampleMessages.status("a", StreamStatus.State.ENDED, 2));
            await(() -> sink.statistics().published() == 2);
        }
        List<String> lines = Files.readAllLines(file);
        assertThat(lines.get(0)).contains("\"node\":\"first\",\"epoch\":7");
        assertThat(SchemaFiles.streams().complaints(lines.get(0))).isEmpty();
        assertThat(lines.get(1)).doesNotContain("\"node\"");
    }

    @Test
    void shouldShowALineAtOnce() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonLinesDetectionSink sink =
                JsonLinesDetectionSink.toStream(new PrintStream(out, false, StandardCharsets.UTF_8))) {
            sink.publish(SampleMessages.frame("a", 7));
            await(() -> out.toString(StandardCharsets.UTF_8).endsWith("}\n"));
        }
    }

    @Test
    void shouldLetTheOldestMakeRoomWhenTheReaderIsSlow() {
        CountDownLatch blocked = new CountDownLatch(1);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream slow = new PrintStream(new OutputStream() {
            @Override
            public void write(int b) {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int from, int length) {
                try {
                    blocked.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                out.write(bytes, from, length);
            }
        });
        int all = JsonLinesDetectionSink.CAPACITY + 5_000;
        try (JsonLinesDetectionSink sink = JsonLinesDetectionSink.toStream(slow)) {
            for (int i = 0; i < all; i++) {
                sink.publish(SampleMessages.frame("a", i));
            }
            assertThat(sink.statistics().queueDepth()).isEqualTo(JsonLinesDetectionSink.CAPACITY);
            assertThat(sink.statistics().dropped(SinkDropCause.QUEUE_FULL)).isGreaterThan(4_000);
            blocked.countDown();
            await(() -> sink.statistics().published() + sink.statistics().dropped() == all);
        }
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("\"sequence\":" + (all - 1) + ",");
    }

    @Test
    void shouldCountAFullDiskAndNotThrow() {
        Path full = Path.of("/dev/full");
        Assumptions.assumeTrue(Files.exists(full), "needs /dev/full, which Linux has");
        try (JsonLinesDetectionSink sink = JsonLinesDetectionSink.toFile(full)) {
            sink.publish(SampleMessages.frame("a", 1));
            await(() -> sink.statistics().dropped(SinkDropCause.FAILED) == 1);
            assertThat(sink.statistics().connected()).isFalse();
            assertThat(sink.statistics().problem()).startsWith("/dev/full cannot be written: ");
        }
    }

    @Test
    void shouldMakeTheFileAgainAfterItWasMovedAway() throws IOException, InterruptedException {
        Path file = folder.resolve("lines.jsonl");
        try (JsonLinesDetectionSink sink = JsonLinesDetectionSink.toFile(file)) {
            sink.publish(SampleMessages.frame("a", 1));
            await(() -> sink.statistics().published() == 1);
            Files.move(file, folder.resolve("lines.1.jsonl"));
            Thread.sleep(1_100);
            sink.publish(SampleMessages.frame("a", 2));
            await(() -> sink.statistics().published() == 2);
        }
        assertThat(Files.readAllLines(file)).singleElement().asString().contains("\"sequence\":2,");
        assertThat(Files.readAllLines(folder.resolve("lines.1.jsonl"))).hasSize(1);
    }

    @Test
    void shouldRefuseInOneSentenceWhatCannotBeOpened() {
        assertThatThrownBy(() -> JsonLinesDetectionSink.open(new JsonLinesConfig(folder.toString())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("json-lines.target=" + folder + ": cannot be written: ")
                .hasMessageNotContaining("Exception");
        assertThatThrownBy(() -> JsonLinesDetectionSink.open(new JsonLinesConfig(null)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("json-lines.target", "file", "standard output");
    }

    @Test
    void shouldCountWhatComesAfterTheEnd() {
        JsonLinesDetectionSink sink = JsonLinesDetectionSink.toFile(folder.resolve("x.jsonl"));
        sink.close();
        sink.close();
        sink.publish(SampleMessages.frame("a", 1));
        assertThat(sink.statistics().dropped(SinkDropCause.CLOSED)).isOne();
    }

    @Test
    void shouldKeepEverythingInMemory() {
        try (InMemoryDetectionSink sink = new InMemoryDetectionSink()) {
            sink.publish(SampleMessages.frame("a", 1));
            sink.publish(SampleMessages.status("a", StreamStatus.State.ENDED, 2));
            assertThat(sink.detections()).containsExactly(SampleMessages.frame("a", 1));
            assertThat(sink.statuses()).hasSize(1);
            assertThat(sink.statistics().published()).isEqualTo(2);
            sink.close();
            assertThat(sink.isClosed()).isTrue();
        }
    }
}
