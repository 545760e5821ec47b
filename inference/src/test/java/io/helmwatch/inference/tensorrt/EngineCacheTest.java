package io.helmwatch.inference.tensorrt;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.inference.GpuPrecision;
import io.helmwatch.cuda.GpuInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineCacheTest {

    static final GpuInfo H200 = new GpuInfo(0, "NVIDIA H200", 9, 0, 1L << 37, 132);
    private static final GpuInfo L4 = new GpuInfo(0, "NVIDIA L4", 8, 9, 1L << 34, 58);
    private static final EngineOptions OPTIONS = EngineOptions.of(GpuPrecision.FP16, 32);
    private static final EngineKey KEY = EngineKey.of("abc", "10.6.0", H200, "580.1", OPTIONS);
    private static final byte[] PLAN = {5, 4, 3, 2, 1, 0};

    @TempDir
    Path folder;

    @Test
    void shouldGiveBackWhatItKept() throws IOException {
        EngineCache cache = new EngineCache(folder.resolve("made/on/demand"));

        cache.store(KEY, "helmet yolov5n", PLAN);

        assertThat(cache.load(KEY, "helmet yolov5n")).hasValue(PLAN);
        assertThat(cache.fileOf(KEY, "helmet yolov5n").getFileName().toString())
                .matches("helmet_yolov5n-[0-9a-f]{16}\\.engine");
    }

    @Test
    void shouldTreatEveryDamagedByteAsAbsence() throws IOException {
        EngineCache cache = new EngineCache(folder);
        cache.store(KEY, "m", PLAN);
        Path file = cache.fileOf(KEY, "m");
        byte[] good = Files.readAllBytes(file);

        for (int i = 0; i < good.length; i++) {
            byte[] damaged = good.clone();
            damaged[i] ^= 0x10;
            Files.write(file, damaged);
            assertThat(cache.load(KEY, "m")).as("byte %d", i).isEmpty();
        }
        for (int length = 0; length < good.length; length++) {
            Files.write(file, java.util.Arrays.copyOf(good, length));
            assertThat(cache.load(KEY, "m")).as("cut to %d", length).isEmpty();
        }
    }

    @Test
    void shouldNotTakeAnEngineOfAnotherKeyUnderTheSameName() throws IOException {
        EngineCache cache = new EngineCache(folder);
        EngineKey other = EngineKey.of("abd", "10.6.0", H200, "580.1", OPTIONS);
        cache.store(other, "m", PLAN);
        Files.move(cache.fileOf(other, "m"), cache.fileOf(KEY, "m"));

        assertThat(cache.load(KEY, "m")).isEmpty();
    }

    @Test
    void shouldReplaceAtomicallyAndLeaveNoParts() throws IOException {
        EngineCache cache = new EngineCache(folder);
        cache.store(KEY, "m", PLAN);
        cache.store(KEY, "m", new byte[] {1});

        assertThat(cache.load(KEY, "m")).hasValue(new byte[] {1});
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).hasSize(1);
        }
    }

    @Test
    void shouldRebuildWhenAnythingDiffers() {
        List<EngineKey> keys = List.of(
                EngineKey.of("abd", "10.6.0", H200, "580.1", OPTIONS),
                EngineKey.of("abc", "10.7.0", H200, "580.1", OPTIONS),
                EngineKey.of("abc", "10.6.0", L4, "580.1", OPTIONS),
                EngineKey.of("abc", "10.6.0", H200, "580.2", OPTIONS),
                EngineKey.of("abc", "10.6.0", H200, "580.1", EngineOptions.of(GpuPrecision.FP32, 32)),
                EngineKey.of("abc", "10.6.0", H200, "580.1", EngineOptions.of(GpuPrecision.FP16, 16)),
                EngineKey.of("abc", "10.6.0", H200, "580.1", OPTIONS.withLevel(1)),
                EngineKey.of("abc", "10.6.0", H200, "580.1", OPTIONS.withTacticSources(Set.of())));

        assertThat(keys).doesNotContain(KEY);
        assertThat(keys.stream().map(key -> key.fileName("m")))
                .doesNotHaveDuplicates()
                .doesNotContain(KEY.fileName("m"));
    }
}
