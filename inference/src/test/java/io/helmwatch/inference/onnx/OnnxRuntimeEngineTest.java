package io.helmwatch.inference.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.helmwatch.config.inference.CpuPrecision;
import io.helmwatch.config.inference.InferenceConfig;
import io.helmwatch.config.inference.InputSize;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.inference.ModelException;
import io.helmwatch.inference.ModelInfo;
import io.helmwatch.inference.OnnxWriter;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.tensor.HalfFloat;
import io.helmwatch.vision.tensor.HostTensorBatch;
import io.helmwatch.vision.tensor.PredictionLayout;
import io.helmwatch.vision.tensor.PredictionLayout.Head;
import io.helmwatch.vision.tensor.TensorShape;
import io.helmwatch.vision.tensor.TensorType;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxRuntimeEngineTest {

    private static final WorkerPlan ONE = new WorkerPlan(1, 1, "test");

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"FP32, -1", "FP32, 1", "FP32, 2", "FP32, 4", "FP16, -1", "FP16, 2"})
    void shouldRunEveryImageOfABatchWhateverBatchTheFileHas(TensorType type, int fileBatch) {
        Path path = new OnnxWriter(type, fileBatch, 3, 64, 64)
                .output("output0", 252, 7)
                .write(folder.resolve("net.onnx"));
        try (OnnxRuntimeEngine engine = OnnxRuntimeEngine.open(path, ModelConfig.DEFAULT, ONE);
                OnnxRuntimeLane lane = engine.openLane(3)) {
            assertThat(lane.maxBatch()).isEqualTo(3);
            assertThat(lane.input().shape().batch()).isGreaterThanOrEqualTo(3);
            for (int size = 1; size <= 3; size++) {
                for (int picture = 0; picture < size; picture++) {
                    fill(lane.input(), picture, brightness(size, picture));
                }
                lane.run(size);
                lane.await();
                FloatBuffer output = lane.output().tensors().get(0);
                for (int picture = 0; picture < size; picture++) {
                    assertRows(output, picture, 252 * 7, brightness(size, picture), type);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 1})
    void shouldRunRawHeads(int fileBatch) {
        Path path = new OnnxWriter(TensorType.FP32, fileBatch, 3, 64, 64)
                .output("large", 3, 2, 2, 7)
                .output("small", 3, 8, 8, 7)
                .output("middle", 3, 4, 4, 7)
                .write(folder.resolve("raw.onnx"));
        try (OnnxRuntimeEngine engine = OnnxRuntimeEngine.open(path, ModelConfig.DEFAULT, ONE);
                OnnxRuntimeLane lane = engine.openLane(2)) {
            assertThat(engine.model().output().kind()).isEqualTo(PredictionLayout.Kind.RAW);
            fill(lane.input(), 0, 1);
            fill(lane.input(), 1, 0.5f);
            lane.run(2);
            int[] elements = {3 * 8 * 8 * 7, 3 * 4 * 4 * 7, 3 * 2 * 2 * 7};
            for (int head = 0; head < 3; head++) {
                FloatBuffer output = lane.output().tensors().get(head);
                assertThat(output.capacity()).isEqualTo(2 * elements[head]);
                assertRows(output, 0, elements[head], 1, TensorType.FP32);
                assertRows(output, 1, elements[head], 0.5f, TensorType.FP32);
            }
        }
    }

    @Test
    void shouldNameTheInputOfAnotherShapeAlsoWhereOutputsAreOpenAndTheGraphDoesNotLoad() {
        Path path = new OnnxWriter(TensorType.FP32, 1, 64, 64, 3)
                .unknownOperator()
                .output("output0", new long[] {252, 7}, new long[] {-1, -1})
                .write(folder.resolve("nhwc.onnx"));

        assertThatThrownBy(() -> OnnxRuntimeEngine.open(path, ModelConfig.DEFAULT, ONE))
                .hasMessageContaining("expected one input [N, 3, H, W], found images [1, 64, 64, 3]");
    }

    @Test
    void shouldFindOpenShapesByRunning() {
        Path path = new OnnxWriter(TensorType.FP32, -1, 3, -1, -1)
                .output("output0", new long[] {252, 7}, new long[] {-1, -1})
                .metadata("imgsz", "[64, 64]")
                .write(folder.resolve("open.onnx"));
        try (OnnxRuntimeEngine engine = OnnxRuntimeEngine.open(path, ModelConfig.DEFAULT, ONE)) {
            assertThat(engine.model().input()).isEqualTo(new TensorShape(1, 3, 64, 64));
            assertThat(engine.model().output().anchors()).isEqualTo(252);
            assertThat(engine.model().labels()).containsExactly("class0", "class1");
        }
    }

    @ParameterizedTest
    @CsvSource({"FP32, -1", "FP32, 2", "FP16, -1"})
    void shouldRunInputsThatFitTheFrameOneAfterTheOther(TensorType type, int fileBatch) {
        Path path = openNetwork(type, fileBatch);
        try (OnnxRuntimeEngine engine = OnnxRuntimeEngine.open(path, ModelConfig.DEFAULT, ONE);
                OnnxRuntimeLane lane = engine.openLane(3)) {
            assertThat(engine.model().sizing().isFitting()).isTrue();
            assertThat(lane.input().shape().imageSize()).isEqualTo(new ImageSize(128, 128));
            long bytes = lane.hostBytes();
            List<ImageSize> frames = List.of(
                    new ImageSize(1920, 1080),
                    new ImageSize(480, 640),
                    new ImageSize(100, 100),
                    new ImageSize(1920, 1080),
                    new ImageSize(4000, 40));
            for (int i = 0; i < frames.size(); i++) {
                ImageSize size = engine.model()
                        .sizing()
                        .sizeFor(frames.get(i).width(), frames.get(i).height());
                lane.resize(size);
                HostTensorBatch input = lane.input();
                assertThat(input.shape().imageSize()).isEqualTo(size);
                for (int picture = 0; picture < 3; picture++) {
                    fill(input, picture, brightness(i + 1, picture));
                }
                lane.run(3);
                assertThat(lane.output().layout().heads())
                        .extracting(Head::rows)
                        .containsExactly(size.height() / 8, size.height() / 16, size.height() / 32);
                for (int head = 0; head < 3; head++) {
                    int cells = size.width() * size.height() >> 6 + 2 * head;
                    assertPlanes(lane.output().tensors().get(head), 3, cells, i + 1, type);
                }
                lane.resize(size);
                assertThat(lane.input()).isSameAs(input);
            }
            assertThat(lane.hostBytes()).isEqualTo(bytes);
            assertThatThrownBy(() -> lane.resize(new ImageSize(96, 96)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("96x96");
        }
    }

    private static void assertPlanes(FloatBuffer output, int pictures, int cells, int round, TensorType type) {
        for (int i = 0; i < pictures * 21 * cells; i++) {
            float value = brightness(round, i / (21 * cells));
            float expected = value * OnnxWriter.weight(i / cells % 21);
            assertThat(output.get(i)).isCloseTo(expected, within(type == TensorType.FP16 ? 4e-3f : 1e-4f));
        }
    }

    @ParameterizedTest
    @CsvSource({"square, 128, 128", "96x64, 96, 64", "64x96, 64, 96"})
    void shouldKeepTheConfiguredSizeWhateverTheFrame(String wanted, int width, int height) {
        ModelConfig config = ModelConfig.DEFAULT.withInput(Objects.requireNonNull(InputSize.parse(wanted)));
        try (OnnxRuntimeEngine engine = OnnxRuntimeEngine.open(openNetwork(TensorType.FP32, -1), config, ONE);
                OnnxRuntimeLane lane = engine.openLane(1)) {
            ImageSize size = new ImageSize(width, height);
            assertThat(engine.model().sizing().sizeFor(1920, 1080)).isEqualTo(size);
            assertThat(lane.input().shape().imageSize()).isEqualTo(size);
            fill(lane.input(), 0, 0.5f);
            lane.run(1);
            assertThat(lane.output().layout().anchors()).isEqualTo(3 * (width * height / 64) * 21 / 16);
        }
    }

    @Test
    void shouldRefuseConfiguredSizesThatTheModelCannotHave() {
        ModelConfig odd = ModelConfig.DEFAULT.withInput(Objects.requireNonNull(InputSize.parse("100x64")));
        assertThatThrownBy(() -> OnnxRuntimeEngine.open(openNetwork(TensorType.FP32, -1), odd, ONE))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("stride 32")
                .hasMessageContaining("100");
        ModelConfig other = ModelConfig.DEFAULT.withInput(Objects.requireNonNull(InputSize.parse("96x64")));
        assertThatThrownBy(() -> OnnxRuntimeEngine.open(tinyNetwork(), other, ONE))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("96x64")
                .hasMessageContaining("64x64");
    }

    @Test
    void shouldKeepTheOnlySizeOfModelsThatDoNotFollowTheirInput() {
        Path path = new OnnxWriter(TensorType.FP32, -1, 3, -1, -1)
                .output("output0", new long[] {252, 7}, new long[] {-1, -1})
                .metadata("imgsz", "[64, 64]")
                .write(folder.resolve("open.onnx"));
        try (OnnxRuntimeEngine engine = OnnxRuntimeEngine.open(path, ModelConfig.DEFAULT, ONE)) {
            assertThat(engine.model().sizing().isFitting()).isFalse();
            assertThat(engine.model().sizing().sizeFor(1920, 1080)).isEqualTo(new ImageSize(64, 64));
        }
    }

    private Path openNetwork(TensorType type, int batch) {
        return new OnnxWriter(type, batch, 3, -1, -1)
                .openHead("small", 21, 8)
                .openHead("middle", 21, 16)
                .openHead("large", 21, 32)
                .metadata("imgsz", "[96, 128]")
                .write(folder.resolve("open.onnx"));
    }

    @Test
    void shouldReadAndWriteTheSameBuffersInEveryRun() {
        Path path = tinyNetwork();
        try (OnnxRuntimeEngine engine = OnnxRuntimeEngine.open(path, ModelConfig.DEFAULT, ONE);
                OnnxRuntimeLane lane = engine.openLane(1)) {
            HostTensorBatch input = lane.input();
            FloatBuffer output = lane.output().tensors().get(0);
            for (float value : new float[] {0.25f, 1, 0}) {
                fill(input, 0, value);
                lane.run(1);
                assertRows(output, 0, 252 * 7, value, TensorType.FP32);
            }
            assertThat(lane.input()).isSameAs(input);
            assertThat(lane.output().tensors().get(0)).isSameAs(output);
            assertThat(lane.hostBytes()).isEqualTo(4L * (3 * 64 * 64 + 252 * 7));
        }
    }

    @Test
    void shouldRunLanesAtTheSameTime() throws Exception {
        Path path = tinyNetwork();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (OnnxRuntimeEngine engine = OnnxRuntimeEngine.open(path, ModelConfig.DEFAULT, ONE)) {
            List<Callable<Void>> work = new ArrayList<>();
            for (int worker = 1; worker <= 4; worker++) {
                float base = worker / 8f;
                work.add(() -> {
                    try (OnnxRuntimeLane lane = engine.openLane(1)) {
                        for (int i = 0; i < 50; i++) {
                            float value = base + i / 512f;
                            fill(lane.input(), 0, value);
                            lane.run(1);
                            assertRows(lane.output().tensors().get(0), 0, 252 * 7, value, TensorType.FP32);
                        }
                    }
                    return null;
                });
            }
            for (Future<Void> done : threads.invokeAll(work)) {
                done.get();
            }
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void shouldRefuseBatchesThatDoNotFit() {
        try (OnnxRuntimeEngine engine = OnnxRuntimeEngine.open(tinyNetwork(), ModelConfig.DEFAULT, ONE);
                OnnxRuntimeLane lane = engine.openLane(2)) {
            assertThatThrownBy(() -> lane.run(3)).hasMessageContaining("3").hasMessageContaining("1..2");
            assertThatThrownBy(() -> lane.run(0)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> engine.openLane(0)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> engine.openLane(100_000))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("2 GB");
        }
    }

    @Test
    void shouldCloseTwiceWithoutHarmAndRefuseToRunAfterwards() {
        OnnxRuntimeEngine engine = OnnxRuntimeEngine.open(tinyNetwork(), ModelConfig.DEFAULT, ONE);
        OnnxRuntimeLane lane = engine.openLane(1);
        lane.close();
        lane.close();
        engine.close();
        engine.close();
        assertThatThrownBy(() -> lane.run(1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> engine.openLane(1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldRefuseModelsThatOnnxRuntimeCannotRun() {
        Path path = new OnnxWriter(TensorType.FP32, 1, 3, 64, 64)
                .unknownOperator()
                .output("output0", 252, 7)
                .write(folder.resolve("odd.onnx"));
        assertThatThrownBy(() -> OnnxRuntimeEngine.open(path, ModelConfig.DEFAULT, ONE))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("odd.onnx")
                .hasMessageContaining("ONNX Runtime refuses it")
                .hasMessageContaining("NoSuchOperator");
    }

    @Test
    void shouldRefuseModelsWhoseOutputIsNotWhatTheyDeclare() {
        Path path = new OnnxWriter(TensorType.FP32, 1, 3, 64, 64)
                .output("output0", new long[] {251, 7}, new long[] {252, 7})
                .write(folder.resolve("liar.onnx"));
        assertThatThrownBy(() -> OnnxRuntimeEngine.open(path, ModelConfig.DEFAULT, ONE))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("liar.onnx")
                .hasMessageContaining("{1,251,7}");
    }

    @Test
    void shouldRefuseDamagedModelsWithASentence() throws IOException {
        byte[] whole = Files.readAllBytes(tinyNetwork());
        for (int i = 0; i < 60; i++) {
            byte[] damaged = whole.clone();
            damaged[i * 11 % 600] ^= 0x15;
            Path path = Files.write(folder.resolve("damaged.onnx"), damaged);
            try (OnnxRuntimeEngine engine = OnnxRuntimeEngine.open(path, ModelConfig.DEFAULT, ONE)) {
                assertThat(engine.model().input().channels()).isEqualTo(3);
            } catch (ModelException e) {
                assertThat(e).hasMessageContaining("damaged.onnx");
            }
        }
    }

    // --- plans ---

    @Test
    void shouldFollowTheConfiguredNumberOfWorkers() {
        InferenceConfig config = new InferenceConfig(CpuPrecision.FP32, 3, 0, Duration.ZERO);
        try (OnnxRuntimeEngine engine = OnnxRuntimeEngine.open(tinyForm(), config, 8)) {
            assertThat(engine.plan()).isEqualTo(new WorkerPlan(3, 1, "as configured"));
        }
    }

    @Test
    void shouldNotMeasureOnOneCore() {
        try (OnnxRuntimeEngine engine = OnnxRuntimeEngine.open(tinyForm(), InferenceConfig.DEFAULT, 1)) {
            assertThat(engine.plan()).isEqualTo(new WorkerPlan(1, 1, "one core"));
        }
    }

    @Test
    void shouldMeasureWhichPlanIsFasterWithinTwoSeconds() {
        ModelForm form = tinyForm();
        long start = System.nanoTime();
        try (OnnxRuntimeEngine engine = OnnxRuntimeEngine.open(form, InferenceConfig.DEFAULT, 2);
                OnnxRuntimeLane lane = engine.openLane(1)) {
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(4));
            assertThat(engine.plan().workers() * engine.plan().threadsPerWorker())
                    .isEqualTo(2);
            assertThat(engine.plan().reason()).contains("measured");
            lane.run(1);
        }
    }

    @Test
    void shouldGiveManyCoresToFewWorkers() {
        try (OnnxRuntimeEngine engine = OnnxRuntimeEngine.open(tinyForm(), InferenceConfig.DEFAULT, 64)) {
            assertThat(engine.plan().workers() * engine.plan().threadsPerWorker())
                    .isEqualTo(64);
            assertThat(engine.plan().workers()).isLessThanOrEqualTo(16);
        }
    }

    @Test
    void shouldSayWhatToDoWhenLanesDoNotFitIntoMemory() {
        try (OnnxRuntimeEngine engine = OnnxRuntimeEngine.open(tinyNetwork(), ModelConfig.DEFAULT, ONE)) {
            // 1.5 GB of input, in a test process that may have 1 GB.
            assertThatThrownBy(() -> engine.openLane(30_000))
                    .isInstanceOf(ModelException.class)
                    .hasMessageContaining("MaxDirectMemorySize");
        }
    }

    // --- networks of others ---

    @ParameterizedTest
    @CsvSource({"yolov5n-coco-dynamic.onnx, true", "yolov5n-coco-fp16weights.onnx, false"})
    void shouldRunExportsFoundInTheWild(String name, boolean dynamic) {
        Path path = Path.of(System.getProperty("helmwatch.data", "missing"), "models", name);
        assumeTrue(Files.exists(path), "skipped: no file " + path + " here");
        try (OnnxRuntimeEngine engine = OnnxRuntimeEngine.open(path, ModelConfig.DEFAULT, ONE);
                OnnxRuntimeLane lane = engine.openLane(2)) {
            ModelInfo model = engine.model();
            assertThat(model.input()).isEqualTo(new TensorShape(1, 3, 640, 640));
            assertThat(model.dynamicBatch()).isEqualTo(dynamic);
            assertThat(model.output().anchors()).isEqualTo(25200);
            assertThat(model.output().classes()).isEqualTo(80);
            assertThat(model.labels()).hasSize(80).startsWith("person", "bicycle", "car");
            assertThat(model.stride()).isEqualTo(32);
            assertThat(engine.modelSha256()).hasSize(64);
            fill(lane.input(), 0, 0.3f);
            fill(lane.input(), 1, 0.3f);
            lane.run(2);
            FloatBuffer output = lane.output().tensors().get(0);
            int elements = 25200 * 85;
            float largest = 0;
            for (int i = 0; i < elements; i++) {
                assertThat(output.get(elements + i)).isCloseTo(output.get(i), within(0.01f));
                largest = Math.max(largest, output.get(i));
            }
            // Boxes are in model pixels.
            assertThat(largest).isBetween(300f, 2000f);
        }
    }

    private ModelForm tinyForm() {
        return new ModelForm(tinyNetwork(), ModelConfig.DEFAULT, null);
    }

    private Path tinyNetwork() {
        return new OnnxWriter(TensorType.FP32, -1, 3, 64, 64)
                .output("output0", 252, 7)
                .metadata("names", "['helmet', 'head']")
                .write(folder.resolve("tiny.onnx"));
    }

    private static float brightness(int size, int picture) {
        return (size * 3 + picture) / 16f;
    }

    private static void fill(HostTensorBatch tensor, int picture, float value) {
        int elements = tensor.shape().elementsPerImage();
        int offset = tensor.imageOffsetBytes(picture);
        for (int i = 0; i < elements; i++) {
            if (tensor.type() == TensorType.FP16) {
                tensor.buffer().putShort(offset + 2 * i, HalfFloat.fromFloat(value));
            } else {
                tensor.buffer().putFloat(offset + 4 * i, value);
            }
        }
    }

    private static void assertRows(FloatBuffer output, int picture, int elements, float value, TensorType type) {
        float tolerance = type == TensorType.FP16 ? 4e-3f : 1e-5f;
        for (int i = 0; i < elements; i++) {
            float found = output.get(picture * elements + i);
            float expected = value * OnnxWriter.weight(i);
            if (!(Math.abs(found - expected) <= tolerance)) {
                assertThat(found).as("element %d of picture %d", i, picture).isCloseTo(expected, within(tolerance));
            }
        }
    }
}
