package io.helmwatch.inference.tensorrt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.helmwatch.config.inference.CalibrationMethod;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.inference.GraphAnalysis;
import io.helmwatch.inference.LetterboxedImages;
import io.helmwatch.inference.ModelException;
import io.helmwatch.inference.OnnxModel;
import io.helmwatch.inference.OnnxWriter;
import io.helmwatch.inference.onnx.OnnxRuntimeEngine;
import io.helmwatch.inference.onnx.OnnxRuntimeLane;
import io.helmwatch.inference.onnx.WorkerPlan;
import io.helmwatch.inference.proto.NodeProto;
import io.helmwatch.vision.ModelIdentity;
import io.helmwatch.vision.tensor.HostTensorBatch;
import io.helmwatch.vision.tensor.TensorType;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Int8CalibrationTest {

    private static final Path HELMET = Path.of("../models/helmet-yolov5n.onnx");
    private static final Path HALF =
            Path.of(System.getProperty("helmwatch.data", "data"), "models", "yolov5n-coco-fp16weights.onnx");

    @TempDir
    static Path shared;

    @TempDir
    Path cache;

    /** Blocks of random brightness, drawn from a seed. */
    private static final class Blocks implements LetterboxedImages {
        private final int count;
        private final String digest;
        private int loaded;

        Blocks(int count, String digest) {
            this.count = count;
            this.digest = digest;
        }

        @Override
        public int size() {
            return count;
        }

        @Override
        public String digest() {
            return digest;
        }

        @Override
        public void load(int image, HostTensorBatch batch, int index) {
            loaded++;
            Random random = new Random(image);
            FloatBuffer samples = batch.buffer().asFloatBuffer();
            int elements = batch.shape().elementsPerImage();
            float value = 0;
            for (int i = 0; i < elements; i++) {
                value = i % 40 == 0 ? random.nextFloat() : value;
                samples.put(index * elements + i, value);
            }
        }
    }

    /** Measured once for all tests. */
    private static Int8Calibration ofShippedModel() {
        return Int8Calibration.of(HELMET, new Blocks(2, "one"), CalibrationMethod.MINMAX, shared);
    }

    @Test
    void shouldMeasureAgainWhenImagesOrMethodDifferOrTheFileIsDamaged() throws IOException {
        Blocks images = new Blocks(1, "one");
        Int8Calibration first = Int8Calibration.of(HELMET, images, CalibrationMethod.MINMAX, cache);
        assertThat(images.loaded).isEqualTo(1);

        Int8Calibration again = Int8Calibration.of(HELMET, images, CalibrationMethod.MINMAX, cache);
        assertThat(images.loaded).isEqualTo(1);
        assertThat(again.layers()).isEqualTo(first.layers());

        Path cached;
        try (Stream<Path> files = Files.list(cache)) {
            cached = files.findFirst().orElseThrow();
        }
        assertThat(cached.getFileName().toString()).matches("helmet-yolov5n-[0-9a-f]{16}\\.calibration");
        String text = Files.readString(cached);
        for (String damaged :
                List.of(text.replaceFirst("\\d(?= stage)", "x"), text.substring(0, text.length() / 2), "")) {
            Files.writeString(cached, damaged);
            int before = images.loaded;
            Int8Calibration.of(HELMET, images, CalibrationMethod.MINMAX, cache);
            assertThat(images.loaded).isEqualTo(before + 1);
        }
        assertThat(Files.readString(cached)).isEqualTo(text);

        Blocks others = new Blocks(1, "two");
        Int8Calibration.of(HELMET, others, CalibrationMethod.MINMAX, cache);
        assertThat(others.loaded).isEqualTo(1);
        Int8Calibration.of(HELMET, images, CalibrationMethod.ENTROPY, cache);
        try (Stream<Path> files = Files.list(cache)) {
            assertThat(files).hasSize(3);
        }
    }

    @Test
    void shouldQuantiseAllExceptTheFirstTheLastAndTheExcludedConvolutions() throws IOException {
        Int8Calibration calibration = ofShippedModel();
        assertThat(calibration.layers())
                .hasSize(56)
                .doesNotContain("stem.conv", "head8.conv", "head16.conv", "head32.conv");
        Set<String> excluded = Set.of("down3.conv", "spp.merge.conv");

        Path quantised = cache.resolve("quantised.onnx");
        assertThat(calibration.write(excluded, quantised)).isEqualTo(54);

        OnnxModel model = OnnxModel.read(quantised);
        for (NodeProto node : model.nodes()) {
            if (node.getOpType().equals("Conv")) {
                boolean quantized = calibration.layers().contains(OnnxModel.label(node))
                        && !excluded.contains(OnnxModel.label(node));
                assertThat(node.getInputList().get(0).endsWith(".dequantized"))
                        .as(OnnxModel.label(node))
                        .isEqualTo(quantized);
                assertThat(node.getInputList().get(1).endsWith(".dequantized"))
                        .as(OnnxModel.label(node))
                        .isEqualTo(quantized);
            }
        }
        assertThat(GraphAnalysis.of(model).tail().decoding())
                .extracting(NodeProto::getOpType)
                .doesNotContain("QuantizeLinear", "DequantizeLinear");
    }

    @Test
    void shouldComputeNearlyTheSameInInt8AndKeepTheIdentity() throws IOException {
        Int8Calibration calibration = ofShippedModel();
        Path quantised = cache.resolve("quantised.onnx");
        calibration.write(Set.of(), quantised);

        float[] expected = run(HELMET);
        float[] found = run(quantised);
        double largest = 0;
        double sum = 0;
        for (int i = 0; i < expected.length; i++) {
            double difference = Math.abs(found[i] - expected[i]) / (i % 7 < 4 ? 640 : 1);
            largest = Math.max(largest, difference);
            sum += difference;
        }
        assertThat(largest).isGreaterThan(1e-4);
        // Most of the boxes are of anchors that see nothing, whose sizes nothing trained.
        assertThat(sum / expected.length).isLessThan(0.01);
        try (OnnxRuntimeEngine engine = open(quantised);
                OnnxRuntimeEngine original = open(HELMET)) {
            ModelIdentity identity = engine.model().identity();
            assertThat(identity).isEqualTo(original.model().identity());
            assertThat(engine.model().labels()).isEqualTo(original.model().labels());
        }
    }

    @Test
    void shouldQuantiseAnExportWithFp16WeightsAndAFixedBatch() throws IOException {
        assumeTrue(Files.exists(HALF), "skipped: " + HALF + " is not here");
        Blocks images = new Blocks(2, "one");
        Int8Calibration calibration = Int8Calibration.of(HALF, images, CalibrationMethod.MINMAX, cache);
        Path quantised = cache.resolve("quantised.onnx");

        // Opset 12, which knows no scale for each channel, is raised by nobody: TensorRT reads it all the same.
        assertThat(calibration.write(Set.of(), quantised)).isEqualTo(56);
        assertThat(images.loaded).isEqualTo(2);
        OnnxModel model = OnnxModel.read(quantised);
        assertThat(model.metadata())
                .containsEntry("model_name", "yolov5n-coco-fp16weights")
                .containsKey("model_version");
        assertThat(model.nodes()).extracting(NodeProto::getOpType).contains("QuantizeLinear");
    }

    @Test
    void shouldRefuseAModelWithoutConvolutions() {
        Path tiny = new OnnxWriter(TensorType.FP32, -1, 3, 64, 64)
                .output("output0", 252, 7)
                .write(cache.resolve("tiny.onnx"));

        assertThatThrownBy(() -> Int8Calibration.of(tiny, new Blocks(1, "one"), CalibrationMethod.MINMAX, cache))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("tiny.onnx: has no convolution that can run in INT8");
    }

    private static OnnxRuntimeEngine open(Path model) {
        return OnnxRuntimeEngine.open(model, ModelConfig.DEFAULT, new WorkerPlan(1, 2, "test"));
    }

    private static float[] run(Path model) {
        try (OnnxRuntimeEngine engine = open(model);
                OnnxRuntimeLane lane = engine.openLane(1)) {
            new Blocks(1, "").load(0, lane.input(), 0);
            lane.run(1);
            FloatBuffer output = lane.output().tensors().get(0);
            float[] values = new float[output.capacity()];
            output.get(0, values);
            return values;
        }
    }
}
