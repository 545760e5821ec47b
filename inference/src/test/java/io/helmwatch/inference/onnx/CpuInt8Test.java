package io.helmwatch.inference.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.config.inference.CpuPrecision;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.inference.Int8Weights;
import io.helmwatch.inference.LetterboxedImages;
import io.helmwatch.inference.ModelException;
import io.helmwatch.inference.ModelFile;
import io.helmwatch.inference.OnnxModel;
import io.helmwatch.inference.OnnxWriter;
import io.helmwatch.inference.proto.NodeProto;
import io.helmwatch.vision.tensor.HostTensorBatch;
import io.helmwatch.vision.tensor.TensorType;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpuInt8Test {

    private static final Path HELMET = Path.of("../models/helmet-yolov5n.onnx");
    private static final WorkerPlan PLAN = new WorkerPlan(1, 2, "test");

    /** Of the shipped model. */
    private static QuantizationRanges ranges;

    @TempDir
    Path folder;

    private Path model;

    @BeforeEach
    void copyModel() throws IOException {
        model = Files.copy(HELMET, folder.resolve("helmet.onnx"));
    }

    /** Blocks of random brightness. */
    private record Blocks(int size) implements LetterboxedImages {
        @Override
        public String digest() {
            return "blocks";
        }

        @Override
        public void load(int image, HostTensorBatch batch, int index) {
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

    @BeforeAll
    static void calibrateShippedModel() {
        ranges = calibrate(HELMET);
    }

    private static QuantizationRanges calibrate(Path model) {
        return CpuCalibration.measure(model, new Blocks(2), done -> {}).ranges(0, 0);
    }

    @Test
    void shouldQuantiseResultsOfConvolutionsSigmoidsAndProductsButNotTheFirstAndLast() throws IOException {
        QuantizationRanges.QuantizedModel quantised = ranges.quantize(model);
        OnnxModel graph = OnnxModel.read(Files.write(folder.resolve("q.onnx"), quantised.bytes()));

        assertThat(quantised.convolutions()).isEqualTo(56);
        Set<String> dequantized = new HashSet<>();
        for (NodeProto node : graph.nodes()) {
            if (node.getOpType().equals("DequantizeLinear")) {
                dequantized.addAll(node.getOutputList());
            }
        }
        for (NodeProto node : graph.nodes()) {
            String label = OnnxModel.label(node);
            boolean last = label.matches("head\\d+\\.conv");
            if (node.getOpType().equals("Conv") && !label.equals("stem.conv")) {
                assertThat(dequantized).as(label).contains(node.getInput(0));
                assertThat(dequantized.contains(node.getInput(1))).as(label).isEqualTo(!last);
                assertThat(dequantized.contains(node.getInput(2))).as(label).isEqualTo(!last);
                assertThat(dequantized.contains(node.getOutput(0) + ".dequantized"))
                        .as(label)
                        .isEqualTo(!last);
            } else if (label.equals("stem.conv")) {
                assertThat(node.getInputList()).doesNotContainAnyElementsOf(dequantized);
                assertThat(dequantized).doesNotContain(node.getOutput(0) + ".dequantized");
            }
        }
        // Weights take a quarter of their size.
        assertThat(quantised.bytes().length).isLessThan((int) Files.size(HELMET) / 3);
    }

    @Test
    void shouldKeepTheConvolutionsInFloatThatLoseMostWhenTheirWeightsAreRounded() throws IOException {
        OnnxModel sensitive = OnnxModel.read(HELMET);
        String weight = sensitive.nodes().stream()
                .filter(node -> OnnxModel.label(node).equals("top4.main.conv"))
                .map(node -> node.getInput(1))
                .findAny()
                .orElseThrow();
        float[] values = Objects.requireNonNull(sensitive.weightValues(weight));
        long[] sizes = Objects.requireNonNull(sensitive.weightDimensions(weight)).stream()
                .mapToLong(Long::longValue)
                .toArray();
        int perChannel = values.length / (int) sizes[0];
        for (int i = 0; i < values.length; i += perChannel) {
            // Beside one large weight the others fall between few levels.
            values[i] = 4;
        }
        sensitive.putFloats(weight, values, sizes);
        Files.write(model, sensitive.toBytes());

        QuantizationRanges one =
                CpuCalibration.measure(model, new Blocks(1), done -> {}).ranges(0, 1e-9);

        assertThat(one.kept()).containsExactly("top4.main.conv");
        QuantizationRanges.QuantizedModel quantised = one.quantize(model);
        assertThat(quantised.convolutions()).isEqualTo(55);
        OnnxModel graph = OnnxModel.read(Files.write(folder.resolve("q.onnx"), quantised.bytes()));
        assertThat(graph.weightValues(weight)).isEqualTo(values);
        assertThat(graph.nodes())
                .filteredOn(node -> node.getOpType().equals("QuantizeLinear"))
                .extracting(node -> node.getInput(0))
                .contains("top4.main.out")
                .doesNotContain("top4.main.conv");
        one.write(model);
        assertThat(QuantizationRanges.of(ModelFile.read(model))
                        .orElseThrow()
                        .quantize(model)
                        .bytes())
                .isEqualTo(quantised.bytes());
    }

    @Test
    void shouldQuantiseAModelWhoseWeightsAreStoredIn8Bits() throws IOException {
        model = Int8Weights.of(HELMET).write(folder.resolve("stored.onnx"));

        assertThat(calibrate(model).quantize(model).convolutions()).isEqualTo(56);
    }

    @Test
    void shouldComputeNearlyTheSameAsFp32AndReportItsPrecision() {
        try (OnnxRuntimeEngine fp32 = OnnxRuntimeEngine.open(model, ModelConfig.DEFAULT, PLAN);
                OnnxRuntimeEngine int8 = OnnxRuntimeEngine.openInt8(model, ModelConfig.DEFAULT, ranges, PLAN);
                OnnxRuntimeLane one = fp32.openLane(1);
                OnnxRuntimeLane other = int8.openLane(1)) {
            assertThat(int8.model().identity().precision()).isEqualTo("int8");
            assertThat(int8.model().identity().name())
                    .isEqualTo(fp32.model().identity().name());
            new Blocks(1).load(0, one.input(), 0);
            new Blocks(1).load(0, other.input(), 0);
            one.run(1);
            other.run(1);
            FloatBuffer expected = one.output().tensors().get(0);
            FloatBuffer found = other.output().tensors().get(0);
            double sum = 0;
            for (int i = 0; i < expected.capacity(); i++) {
                sum += Math.abs(found.get(i) - expected.get(i)) / (i % 7 < 4 ? 640 : 1);
            }
            assertThat(sum / expected.capacity()).isGreaterThan(1e-7).isLessThan(0.005);
        }
    }

    @Test
    void shouldReadTheRangesThatItWroteAndRefuseDamagedOnesAndThoseOfAnotherModel() throws IOException {
        assertThat(QuantizationRanges.of(ModelFile.read(model))).isEmpty();
        ranges.write(model);
        Path file = QuantizationRanges.fileOf(model);
        assertThat(file.getFileName()).hasToString("helmet.int8.ranges");
        String text = Files.readString(file);

        QuantizationRanges again = QuantizationRanges.of(ModelFile.read(model)).orElseThrow();
        assertThat(again.quantize(model).bytes())
                .isEqualTo(ranges.quantize(model).bytes());

        for (String damaged : List.of(
                "",
                text.replaceFirst("ranges 1", "ranges 0"),
                text.replaceFirst("sha256:....", "sha256:0000"),
                text.replaceFirst("clipped 0.0\n-?\\d", "clipped 0.0\nx"),
                text + "1 2\n")) {
            Files.writeString(file, damaged);
            assertThatThrownBy(() -> QuantizationRanges.of(ModelFile.read(model)))
                    .isInstanceOf(ModelException.class)
                    .hasMessageContainingAll("helmet.int8.ranges", "quantize again");
        }
        Files.writeString(file, text.substring(0, text.length() / 2).replaceFirst("\n[^\n]*$", "\n"));
        QuantizationRanges half = QuantizationRanges.of(ModelFile.read(model)).orElseThrow();
        assertThatThrownBy(() -> half.quantize(model))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("quantize again");
    }

    @Test
    void shouldRefuseModelsWithoutScalesPerChannelAndWithoutConvolutions() {
        OnnxWriter tiny = new OnnxWriter(TensorType.FP32, 1, 3, 64, 64).output("output0", 252, 7);
        assertThatThrownBy(() ->
                        CpuCalibration.measure(tiny.write(folder.resolve("tiny.onnx")), new Blocks(1), done -> {}))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("no convolution");
        tiny.message().getOpsetImportBuilder(0).setVersion(12);
        assertThatThrownBy(
                        () -> CpuCalibration.measure(tiny.write(folder.resolve("old.onnx")), new Blocks(1), done -> {}))
                .isInstanceOf(ModelException.class)
                .hasMessageContainingAll("old.onnx", "operator set 13", "found 12");
    }

    @Test
    void shouldSurviveCastsThatFormACycle() {
        OnnxModel cyclic = OnnxModel.read(HELMET);
        cyclic.setNodes(List.of(
                OnnxModel.node("MaxPool", "a", List.of("b.out"), List.of("a.out"), Map.of()),
                OnnxModel.node("MaxPool", "b", List.of("a.out"), List.of("b.out"), Map.of())));

        assertThatThrownBy(() -> new QdqQuantizer(cyclic, "model", Set.of())).isInstanceOf(ModelException.class);
    }

    @Test
    void shouldChooseFp32ByItselfWhereThereAreNoUsableRanges() throws IOException {
        PrecisionChoice choice = choice(folder);
        assertThat(choice.choose(CpuPrecision.AUTO).isInt8()).isFalse();
        assertThatThrownBy(() -> choice.choose(CpuPrecision.INT8))
                .isInstanceOf(ModelException.class)
                .hasMessageContainingAll("helmet.onnx", "helmwatch quantize");

        Files.writeString(QuantizationRanges.fileOf(model), "damaged");
        assertThat(choice.choose(CpuPrecision.AUTO).isInt8()).isFalse();
        assertThatThrownBy(() -> choice.choose(CpuPrecision.INT8)).isInstanceOf(ModelException.class);
    }

    @Test
    void shouldTakeInt8AtOnceAndMeasureOnceWhetherItIsFaster() throws IOException {
        ranges.write(model);
        PrecisionChoice choice = choice(folder);
        assertThat(choice.choose(CpuPrecision.FP32).isInt8()).isFalse();
        assertThat(choice.choose(CpuPrecision.INT8).isInt8()).isTrue();
        if (VectorInstructions.int8().isEmpty()) {
            assertThat(choice.choose(CpuPrecision.AUTO).isInt8()).isFalse();
            return;
        }

        // Without a measurement the instructions decide, and the start does not wait for it.
        assertThat(choice.choose(CpuPrecision.AUTO).isInt8()).isTrue();
        PrecisionTrial trial = Objects.requireNonNull(choice.trial());
        trial.measure();

        Path stored = folder.resolve("helmet-" + ModelFile.read(model).sha256().substring(0, 16) + ".precision");
        String text = Files.readString(stored);
        boolean measured = text.endsWith("int8\n");
        assertThat(measured || text.endsWith("fp32\n")).isTrue();
        assertThat(choice(folder).choose(CpuPrecision.AUTO).isInt8()).isEqualTo(measured);
        // The stored result decides, also against the measurement.
        Files.writeString(stored, text.replace(measured ? "int8\n" : "fp32\n", measured ? "fp32\n" : "int8\n"));
        PrecisionChoice later = choice(folder);
        assertThat(later.choose(CpuPrecision.AUTO).isInt8()).isEqualTo(!measured);
        assertThat(later.trial()).isNull();
        Files.writeString(stored, "damaged");
        PrecisionChoice again = choice(folder);
        assertThat(again.choose(CpuPrecision.AUTO).isInt8()).isTrue();
        assertThat(again.trial()).isNotNull();
    }

    @Test
    void shouldCloseAMeasurementThatHasNotBegun() throws IOException {
        ranges.write(model);
        ModelForm fp32 = new ModelForm(model, ModelConfig.DEFAULT, null);
        Path stored = folder.resolve("never.precision");
        try (PrecisionTrial trial = new PrecisionTrial(fp32, fp32, stored, "key")) {
            trial.start();
        }
        assertThat(stored).doesNotExist();
        assertThat(PrecisionTrial.read(stored, "key")).isEmpty();
    }

    private PrecisionChoice choice(Path cache) {
        return new PrecisionChoice(new ModelForm(model, ModelConfig.DEFAULT, null), cache);
    }
}
