package io.helmwatch.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.helmwatch.inference.proto.NodeProto;
import io.helmwatch.vision.tensor.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PrecisionConverterTest {

    private static final Path HELMET = Path.of("../models/helmet-yolov5n.onnx");

    /** FP16 weights, nodes in no order, fixed batch of one image. */
    private static final Path HALF =
            Path.of(System.getProperty("helmwatch.data", "data"), "models", "yolov5n-coco-fp16weights.onnx");

    private static final Path HELMET_S = Path.of("../models/helmet-yolov5s.onnx");
    private static final Path DYNAMIC = HALF.resolveSibling("yolov5n-coco-dynamic.onnx");

    @TempDir
    Path folder;

    @Test
    void shouldWidenAnFp16ModelToTheSameInFp32() throws IOException {
        assumeTrue(Files.exists(HALF), "skipped: " + HALF + " is absent");
        OnnxModel model = OnnxModel.read(HALF);
        PrecisionConverter.toFp32(model);
        Path wide = Files.write(folder.resolve("wide.onnx"), model.toBytes());

        float[] half = ModelRun.onNoise(HALF);
        float[] full = ModelRun.onNoise(wide);
        assertThat(full).hasSameSizeAs(half);
        assertThat(largestDifference(full, half, 85)).isGreaterThan(0).isLessThan(0.02);
        for (NodeProto node : OnnxModel.read(wide).nodes()) {
            if (node.getOpType().equals("Conv")) {
                assertThat(model.weightValues(node.getInput(1)))
                        .as(OnnxModel.label(node))
                        .isNotNull();
            }
        }
    }

    @Test
    void shouldWidenInputsOutputsAndWeightsOfFp16() throws IOException {
        Path half = new OnnxWriter(TensorType.FP16, -1, 3, 64, 64)
                .output("output0", 252, 7)
                .write(folder.resolve("half.onnx"));
        OnnxModel model = OnnxModel.read(half);
        PrecisionConverter.toFp32(model);

        ModelFile wide = ModelFile.read(Files.write(folder.resolve("wide.onnx"), model.toBytes()));

        assertThat(wide.inputs().get(0))
                .isEqualTo(new TensorInfo("images", TensorType.FP32, List.of(-1L, 3L, 64L, 64L)));
        assertThat(wide.outputs().get(0)).isEqualTo(new TensorInfo("output0", TensorType.FP32, List.of(-1L, 252L, 7L)));
        assertThat(model.weightValues("output0.weights")).startsWith(OnnxWriter.weight(0), OnnxWriter.weight(1));
    }

    private static Stream<Path> modelsThatDecodeBoxes() {
        return Stream.of(HELMET, HELMET_S, HALF, DYNAMIC);
    }

    @ParameterizedTest
    @MethodSource("modelsThatDecodeBoxes")
    void shouldNarrowEverythingExceptTheDecodingOfBoxes(Path path) throws IOException {
        assumeTrue(Files.exists(path), "skipped: " + path + " is absent");
        OnnxModel model = OnnxModel.read(path);
        PrecisionConverter.toFp32(model);
        Path wide = Files.write(folder.resolve("wide.onnx"), model.toBytes());
        PrecisionConverter.toFp16(model);
        Path narrow = Files.write(folder.resolve("narrow.onnx"), model.toBytes());

        ModelFile file = ModelFile.read(narrow);
        assertThat(file.inputs().get(0).type()).isEqualTo(TensorType.FP16);
        assertThat(file.outputs().get(0).type()).isEqualTo(TensorType.FP32);
        assertThat(Files.size(narrow)).isLessThan(Files.size(wide) * 6 / 10);
        // ONNX Runtime refuses operations whose inputs differ in type.
        float[] expected = ModelRun.onNoise(wide);
        float[] found = ModelRun.onNoise(narrow);
        assertThat(found).hasSameSizeAs(expected);
        int row = (int) (long) file.outputs().get(0).dimensions().get(2);
        assertThat(largestDifference(found, expected, row)).isLessThan(0.03);
        assertThat(model.nodes())
                .filteredOn(node -> node.getOpType().equals("Conv"))
                .allMatch(node -> model.weightValues(node.getInput(1)) == null);
    }

    @Test
    void shouldNarrowRawHeadsAltogether() throws IOException {
        OnnxModel model = OnnxModel.read(HELMET);
        model.removeOutputs();
        model.addOutput("head8.conv", -1, 21, 80, 80);
        model.addOutput("head16.conv", -1, 21, 40, 40);
        model.addOutput("head32.conv", -1, 21, 20, 20);
        model.removeUnused();
        PrecisionConverter.toFp16(model);
        Path narrow = Files.write(folder.resolve("narrow.onnx"), model.toBytes());

        assertThat(ModelFile.read(narrow).outputs()).hasSize(3).allMatch(output -> output.type() == TensorType.FP16);
        assertThat(model.nodes()).extracting(NodeProto::getOpType).doesNotContain("Cast");
        // The scales of Resize are FP32 in every model.
        assertThat(model.weightValues("upsample.scales")).isNotNull();
        ModelRun.onNoise(narrow);
    }

    @Test
    void shouldNarrowWeightsBeyondFp16ToItsLargestNumber() throws IOException {
        OnnxModel model = OnnxModel.read(HELMET);
        float[] bias = new float[16];
        bias[0] = 1e6f;
        bias[1] = Float.NEGATIVE_INFINITY;
        model.putFloats("stem.conv.bias", bias, 16);
        PrecisionConverter.toFp16(model);
        OnnxModel written = OnnxModel.read(Files.write(folder.resolve("narrow.onnx"), model.toBytes()));
        PrecisionConverter.toFp32(written);

        assertThat(written.weightValues("stem.conv.bias.fp16")).startsWith(65504, -65504, 0);
    }

    @Test
    void shouldAcceptACyclicGraphWhichEnginesRefuse() {
        OnnxModel model = OnnxModel.read(HELMET);
        List<NodeProto> nodes = new ArrayList<>(model.nodes());
        nodes.add(OnnxModel.node("Relu", "a", List.of("b.out"), List.of("a.out"), Map.of()));
        nodes.add(OnnxModel.node("Cast", "b", List.of("a.out"), List.of("b.out"), Map.of()));
        model.setNodes(nodes);

        assertThat(GraphAnalysis.of(model).withoutCasts("b.out")).isEqualTo("a.out");
        PrecisionConverter.toFp16(model);

        assertThat(model.nodes()).extracting(OnnxModel::label).doesNotContain("a", "b");
    }

    private static double largestDifference(float[] found, float[] expected, int row) {
        double largest = 0;
        for (int i = 0; i < found.length; i++) {
            largest = Math.max(largest, Math.abs(found[i] - expected[i]) / (i % row < 4 ? 640 : 1));
        }
        return largest;
    }
}
