package io.helmwatch.inference.tensorrt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.helmwatch.config.inference.GpuPrecision;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.cuda.DeviceBuffer;
import io.helmwatch.inference.InferenceLane;
import io.helmwatch.inference.ModelException;
import io.helmwatch.resource.NativeMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Needs the builder's libraries for one engine at level 0, about half a minute. */
@Tag("gpu")
class TensorRtEngineGpuTest {

    private static final Path MODEL =
            Path.of(System.getProperty("helmwatch.data", "../shared/data"), "models", "yolov5n-coco-dynamic.onnx");

    @TempDir
    static Path cache;

    private CudaDevice device;

    @BeforeEach
    void open() {
        assumeTrue(Files.exists(MODEL), "skipped: " + MODEL + " is not here");
        device = CudaDevice.open(0);
    }

    @AfterEach
    void closeAndCount() {
        if (device != null) {
            assertThat(NativeMemory.outstanding()).isEmpty();
            device.close();
        }
    }

    @Test
    void shouldAgreeWithOnnxRuntimeKeepItsEngineAndReplaceADamagedOne() throws IOException {
        EngineOptions options = EngineOptions.of(GpuPrecision.FP32, 4).withLevel(0);
        List<String> steps = new ArrayList<>();
        EngineProgress progress = (step, layers, seconds) -> steps.add(step);
        try (TensorRtEngine engine = TensorRtEngine.open(device, MODEL, ModelConfig.DEFAULT, options, cache, progress);
                InferenceLane lane = engine.openLane(4)) {
            assertThat(steps).contains("built");
            assertThat(engine.model().identity().backend()).isEqualTo("cuda");
            EngineAlignment.Report report = EngineAlignment.compare(device, engine, MODEL, ModelConfig.DEFAULT, 4, 7);
            assertThat(report.maxAbsolute()).isLessThan(0.05);
            for (int size = 1; size <= 4; size++) {
                lane.run(size);
                lane.await();
            }
            assertThatThrownBy(() -> lane.run(5)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> engine.openLane(5))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("1 to 4");
        }
        steps.clear();
        TensorRtEngine.open(device, MODEL, ModelConfig.DEFAULT, options, cache, progress)
                .close();
        assertThat(steps).isEmpty();

        Path kept = TensorRtEngine.cacheFile(device, MODEL, ModelConfig.DEFAULT, options, cache);
        byte[] bytes = Files.readAllBytes(kept);
        bytes[bytes.length / 2] ^= 1;
        Files.write(kept, bytes);
        TensorRtEngine.open(device, MODEL, ModelConfig.DEFAULT, options, cache, progress)
                .close();
        assertThat(steps).contains("built");
    }

    @Test
    void shouldGiveBackWhatItTookFromTheDevice() {
        EngineOptions options = EngineOptions.of(GpuPrecision.FP32, 4).withLevel(0);
        TensorRtEngine.open(device, MODEL, ModelConfig.DEFAULT, options, cache, EngineProgress.SILENT)
                .close();
        // Others may use the GPU: what leaks here leaks in every round, what they take does not.
        long lost = Long.MAX_VALUE;
        for (int round = 0; round < 5; round++) {
            long free = device.freeBytes();
            for (int i = 0; i < 10; i++) {
                try (TensorRtEngine engine = TensorRtEngine.open(
                                device, MODEL, ModelConfig.DEFAULT, options, cache, EngineProgress.SILENT);
                        InferenceLane lane = engine.openLane(4)) {
                    lane.run(4);
                    lane.await();
                }
            }
            lost = Math.min(lost, free - device.freeBytes());
        }
        assertThat(lost).isLessThan(64L << 20);
    }

    @Test
    void shouldRefuseWhatIsNoModelInOneSentence() throws IOException {
        Path nothing = Files.writeString(cache.resolve("nothing.onnx"), "no network");

        assertThatThrownBy(() -> TensorRtEngine.open(
                        device,
                        nothing,
                        ModelConfig.DEFAULT,
                        EngineOptions.of(GpuPrecision.FP16, 1),
                        cache,
                        EngineProgress.SILENT))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("nothing.onnx");
        try (DeviceBuffer buffer = new DeviceBuffer(device, "test", 16)) {
            assertThat(buffer.bytes()).isEqualTo(16);
        }
    }
}
