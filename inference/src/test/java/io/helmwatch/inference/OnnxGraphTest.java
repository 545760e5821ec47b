package io.helmwatch.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.helmwatch.config.ModelConfig;
import io.helmwatch.inference.onnx.OnnxRuntimeEngine;
import io.helmwatch.inference.onnx.OnnxRuntimeLane;
import io.helmwatch.inference.onnx.WorkerPlan;
import io.helmwatch.vision.HalfFloat;
import io.helmwatch.vision.HostTensorBatch;
import io.helmwatch.vision.TensorType;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class OnnxGraphTest {

    private static final Path HELMET = Path.of("../models/helmet-yolov5n.onnx");

    /** FP16 weights, nodes in no order, one picture a batch. */
    private static final Path HALF =
            Path.of(System.getProperty("helmwatch.data", "data"), "models", "yolov5n-coco-fp16weights.onnx");

    private static final Path HELMET_S = Path.of("../models/helmet-yolov5s.onnx");
    private static final Path DYNAMIC = HALF.resolveSibling("yolov5n-coco-dynamic.onnx");

    @TempDir
    Path folder;

    @Test
    void shouldWriteTheNetworkThatItRead() throws IOException {
        OnnxGraph graph = OnnxGraph.read(HELMET);
        Path copy = Files.write(folder.resolve("copy.onnx"), graph.toBytes());

        OnnxFile before = OnnxFile.read(HELMET);
        OnnxFile after = OnnxFile.read(copy);
        assertThat(after.inputs()).isEqualTo(before.inputs());
        assertThat(after.outputs()).isEqualTo(before.outputs());
        assertThat(after.metadata()).isEqualTo(before.metadata());
        assertThat(run(copy)).isEqualTo(run(HELMET));
    }

    @Test
    void shouldWidenAnFp16NetworkToTheSameInFp32() throws IOException {
        assumeTrue(Files.exists(HALF), "skipped: " + HALF + " is not here");
        OnnxGraph graph = OnnxGraph.read(HALF);
        graph.widen();
        Path wide = Files.write(folder.resolve("wide.onnx"), graph.toBytes());

        float[] half = run(HALF);
        float[] full = run(wide);
        assertThat(full).hasSameSizeAs(half);
        double largest = 0;
        for (int i = 0; i < full.length; i++) {
            largest = Math.max(largest, Math.abs(full[i] - half[i]) / (i % 85 < 4 ? 640 : 1));
        }
        assertThat(largest).isGreaterThan(0).isLessThan(0.02);
        for (OnnxGraph.Node node : OnnxGraph.read(wide).nodes()) {
            if (node.operator().equals("Conv")) {
                assertThat(graph.weightValues(node.inputs().get(1)))
                        .as(node.label())
                        .isNotNull();
            }
        }
    }

    @Test
    void shouldWidenInputsOutputsAndWeightsOfFp16() throws IOException {
        Path half = new OnnxWriter(TensorType.FP16, -1, 3, 64, 64)
                .output("output0", 252, 7)
                .write(folder.resolve("half.onnx"));
        OnnxGraph graph = OnnxGraph.read(half);
        graph.widen();

        OnnxFile wide = OnnxFile.read(Files.write(folder.resolve("wide.onnx"), graph.toBytes()));

        assertThat(wide.inputs().get(0))
                .isEqualTo(new OnnxFile.Port("images", TensorType.FP32, List.of(-1L, 3L, 64L, 64L)));
        assertThat(wide.outputs().get(0))
                .isEqualTo(new OnnxFile.Port("output0", TensorType.FP32, List.of(-1L, 252L, 7L)));
        assertThat(graph.weightValues("output0.weights")).startsWith(OnnxWriter.weight(0), OnnxWriter.weight(1));
    }

    private static Stream<Path> decodedNetworks() {
        return Stream.of(HELMET, HELMET_S, HALF, DYNAMIC);
    }

    @ParameterizedTest
    @MethodSource("decodedNetworks")
    void shouldNarrowAllButWhatDecodesBoxes(Path model) throws IOException {
        assumeTrue(Files.exists(model), "skipped: " + model + " is not here");
        OnnxGraph graph = OnnxGraph.read(model);
        graph.widen();
        Path wide = Files.write(folder.resolve("wide.onnx"), graph.toBytes());
        graph.narrow();
        Path narrow = Files.write(folder.resolve("narrow.onnx"), graph.toBytes());

        OnnxFile file = OnnxFile.read(narrow);
        assertThat(file.inputs().get(0).type()).isEqualTo(TensorType.FP16);
        assertThat(file.outputs().get(0).type()).isEqualTo(TensorType.FP32);
        assertThat(Files.size(narrow)).isLessThan(Files.size(wide) * 6 / 10);
        // ONNX Runtime refuses operations whose inputs differ in type.
        float[] expected = run(wide);
        float[] found = run(narrow);
        assertThat(found).hasSameSizeAs(expected);
        int row = (int) (long) file.outputs().get(0).dimensions().get(2);
        double largest = 0;
        for (int i = 0; i < found.length; i++) {
            largest = Math.max(largest, Math.abs(found[i] - expected[i]) / (i % row < 4 ? 640 : 1));
        }
        assertThat(largest).isLessThan(0.03);
        assertThat(graph.nodes())
                .filteredOn(node -> node.operator().equals("Conv"))
                .allMatch(node -> graph.weightValues(node.inputs().get(1)) == null);
    }

    @Test
    void shouldNarrowRawHeadsAltogether() throws IOException {
        OnnxGraph graph = OnnxGraph.read(HELMET);
        graph.removeOutputs();
        graph.addOutput("head8.conv", -1, 21, 80, 80);
        graph.addOutput("head16.conv", -1, 21, 40, 40);
        graph.addOutput("head32.conv", -1, 21, 20, 20);
        graph.removeUnused();
        graph.narrow();
        Path narrow = Files.write(folder.resolve("narrow.onnx"), graph.toBytes());

        assertThat(OnnxFile.read(narrow).outputs()).hasSize(3).allMatch(output -> output.type() == TensorType.FP16);
        assertThat(graph.nodes()).extracting(OnnxGraph.Node::operator).doesNotContain("Cast");
        // The factors that maps are enlarged by are FP32 in every network.
        assertThat(graph.weightValues("upsample.scales")).isNotNull();
        run(narrow);
    }

    @Test
    void shouldNarrowWeightsBeyondFp16ToItsLargestNumber() throws IOException {
        OnnxGraph graph = OnnxGraph.read(HELMET);
        float[] bias = new float[16];
        bias[0] = 1e6f;
        bias[1] = Float.NEGATIVE_INFINITY;
        graph.addWeight("stem.conv.bias", bias, 16);
        graph.narrow();
        OnnxGraph written = OnnxGraph.read(Files.write(folder.resolve("narrow.onnx"), graph.toBytes()));
        written.widen();

        assertThat(written.weightValues("stem.conv.bias.fp16")).startsWith(65504, -65504, 0);
    }

    @Test
    void shouldLeaveANetworkThatRunsInACircleToThoseWhoRefuseIt() {
        OnnxGraph graph = OnnxGraph.read(HELMET);
        List<OnnxGraph.Node> nodes = new ArrayList<>(graph.nodes());
        nodes.add(OnnxGraph.node("Relu", "a", List.of("b.out"), List.of("a.out"), Map.of()));
        nodes.add(OnnxGraph.node("Relu", "b", List.of("a.out"), List.of("b.out"), Map.of()));
        graph.setNodes(nodes);

        graph.narrow();

        assertThat(graph.nodes()).extracting(OnnxGraph.Node::label).doesNotContain("a", "b");
    }

    @Test
    void shouldKeepNoWeightAmongTheInputsThatIsNotUsedAnyMore() throws IOException {
        Path old = new OnnxWriter(TensorType.FP32, -1, 3, 64, 64)
                .output("output0", 252, 7)
                .output("other", 252, 7)
                .weightAsInput("other.weights", 1, 252, 7)
                .write(folder.resolve("old.onnx"));
        OnnxGraph graph = OnnxGraph.read(old);
        graph.removeOutputs();
        graph.addOutput("output0", -1, 252, 7);
        graph.removeUnused();

        assertThat(OnnxFile.read(Files.write(folder.resolve("new.onnx"), graph.toBytes()))
                        .inputs())
                .extracting(OnnxFile.Port::name)
                .containsExactly("images");
    }

    @Test
    void shouldFindTheLastConvolutionsAndDropWhatNobodyNeeds() {
        OnnxGraph graph = OnnxGraph.read(HELMET);
        OnnxGraph.Tail tail = graph.tail();
        assertThat(tail.last())
                .extracting(OnnxGraph.Node::label)
                .containsExactlyInAnyOrder("head8.conv", "head16.conv", "head32.conv");
        assertThat(tail.behind())
                .extracting(OnnxGraph.Node::operator)
                .contains("Sigmoid", "Concat")
                .doesNotContain("Conv");

        graph.removeOutputs();
        graph.addOutput("stem.conv", -1, 16, 320, 320);
        graph.removeUnused();

        assertThat(graph.nodes()).extracting(OnnxGraph.Node::label).containsExactly("stem.conv");
        assertThat(graph.weightDimensions("stem.conv.weight")).isNotNull();
        assertThat(graph.weightDimensions("head8.conv.weight")).isNull();
    }

    @Test
    void shouldRefuseWhatIsNoNetworkInOneSentence() throws IOException {
        Path text = Files.writeString(folder.resolve("text.onnx"), "no network");

        assertThatThrownBy(() -> OnnxGraph.read(text))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("text.onnx: expected an ONNX file");
        assertThatThrownBy(() -> OnnxGraph.read(folder.resolve("absent.onnx")))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("cannot be read");
    }

    private static float[] run(Path model) {
        try (OnnxRuntimeEngine engine =
                        OnnxRuntimeEngine.open(model, ModelConfig.DEFAULT, new WorkerPlan(1, 2, "test"));
                OnnxRuntimeLane lane = engine.openLane(1)) {
            HostTensorBatch input = lane.input();
            Random random = new Random(3);
            boolean half = input.type() == TensorType.FP16;
            for (int i = 0; i < input.shape().elementsPerImage(); i++) {
                float sample = random.nextInt(256) / 256f;
                if (half) {
                    input.buffer().putShort(2 * i, HalfFloat.fromFloat(sample));
                } else {
                    input.buffer().putFloat(4 * i, sample);
                }
            }
            lane.run(1);
            FloatBuffer output = lane.output().tensors().get(0);
            float[] values = new float[output.capacity()];
            output.get(0, values);
            assertThat((double) values[4]).isCloseTo(0, within(1.0));
            return values;
        }
    }
}
