package io.helmwatch.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.helmwatch.config.ModelConfig;
import io.helmwatch.inference.onnx.OnnxRuntimeEngine;
import io.helmwatch.inference.onnx.OnnxRuntimeLane;
import io.helmwatch.inference.onnx.WorkerPlan;
import io.helmwatch.vision.HostTensorBatch;
import io.helmwatch.vision.TensorType;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxGraphTest {

    private static final Path HELMET = Path.of("../models/helmet-yolov5n.onnx");

    /** FP16 weights, nodes in no order, one picture a batch. */
    private static final Path HALF =
            Path.of(System.getProperty("helmwatch.data", "data"), "models", "yolov5n-coco-fp16weights.onnx");

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
            FloatBuffer samples = input.buffer().asFloatBuffer();
            for (int i = 0; i < samples.capacity(); i++) {
                samples.put(i, random.nextFloat());
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
