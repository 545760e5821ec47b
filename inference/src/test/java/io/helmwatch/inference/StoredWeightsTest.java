package io.helmwatch.inference;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.inference.proto.NodeProto;
import io.helmwatch.inference.proto.TensorProto;
import io.helmwatch.inference.proto.TensorProto.DataType;
import io.helmwatch.vision.tensor.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredWeightsTest {

    private static final Path HELMET = Path.of("../models/helmet-yolov5n.onnx");

    @TempDir
    Path folder;

    /** The shipped network with weights of 8 bits a weight. */
    private Path stored;

    /** The same numbers as FP32 weights. */
    private Path plain;

    @BeforeEach
    void storeWeights() throws IOException {
        stored = Int8Weights.of(HELMET).write(folder.resolve("stored.onnx"));
        plain = Int8Weights.of(HELMET).writeExpanded(folder.resolve("plain.onnx"));
    }

    @Test
    void shouldReadStoredWeightsAsTheNumbersTheyStandFor() {
        OnnxModel found = OnnxModel.read(stored);
        OnnxModel expected = OnnxModel.read(plain);

        assertThat(found.nodes()).isEqualTo(expected.nodes());
        assertThat(found.weights()).containsExactlyInAnyOrderEntriesOf(expected.weights());
    }

    @Test
    void shouldRunInOnnxRuntimeWithTheResultOfTheExpandedModel() {
        assertThat(ModelRun.onNoise(stored)).isEqualTo(ModelRun.onNoise(plain));
    }

    @Test
    void shouldTakeAThirdOfTheSpaceAndBeRecognised() throws IOException {
        assertThat(Files.size(stored)).isLessThan(Files.size(plain) / 3);
        assertThat(ModelFile.read(stored).storesInt8Weights()).isTrue();
        assertThat(ModelFile.read(plain).storesInt8Weights()).isFalse();
    }

    @Test
    void shouldExpandUnsignedStepsWithAZeroPointAndOneScale() {
        OnnxModel model =
                read(List.of("steps", "scale", "zero"), Map.of(), new byte[] {0, (byte) 128, (byte) 255}, 0.5f);

        assertThat(model.weightValues("weight")).containsExactly(-64, 0, 63.5f);
        assertThat(model.nodes()).extracting(NodeProto::getOpType).doesNotContain("DequantizeLinear");
        assertThat(model.weights()).doesNotContainKeys("steps", "scale", "zero");
    }

    @Test
    void shouldLeaveScalesOfBlocksToTheRuntime() {
        OnnxModel model = read(List.of("steps", "scale"), Map.of("block_size", 4L), new byte[] {1, 2, 3, 4}, 0.5f);

        assertThat(model.nodes()).extracting(NodeProto::getOpType).contains("DequantizeLinear");
        assertThat(model.weights()).containsKeys("steps", "scale");
    }

    @Test
    void shouldLeaveAModelThatComputesInIntegersAsItIs() {
        OnnxWriter writer = writer(List.of("steps", "scale"), Map.of(), new byte[] {1, 2}, 0.5f);
        writer.message()
                .getGraphBuilder()
                .addNode(OnnxModel.node(
                        "QuantizeLinear", "q", List.of("images", "scale"), List.of("images.quantized"), Map.of()));
        Path file = writer.write(folder.resolve("integers.onnx"));

        assertThat(OnnxModel.read(file).nodes())
                .extracting(NodeProto::getOpType)
                .contains("DequantizeLinear");
        assertThat(ModelFile.read(file).storesInt8Weights()).isFalse();
    }

    private OnnxModel read(List<String> inputs, Map<String, Long> attributes, byte[] steps, float... scale) {
        return OnnxModel.read(writer(inputs, attributes, steps, scale).write(folder.resolve("tiny.onnx")));
    }

    /** A tiny model with a DequantizeLinear beside it. */
    private static OnnxWriter writer(List<String> inputs, Map<String, Long> attributes, byte[] steps, float... scale) {
        OnnxWriter writer = new OnnxWriter(TensorType.FP32, -1, 3, 64, 64).output("output0", 252, 7);
        TensorProto zero = TensorElements.ofBytes("zero", DataType.UINT8, new byte[] {(byte) 128}, List.of());
        writer.message()
                .getGraphBuilder()
                .addNode(OnnxModel.node("DequantizeLinear", "expand", inputs, List.of("weight"), attributes))
                .addInitializer(TensorElements.ofBytes("steps", DataType.UINT8, steps, List.of((long) steps.length)))
                .addInitializer(TensorElements.ofFloats(
                        "scale", scale, scale.length == 1 ? List.of() : List.of((long) scale.length)))
                .addInitializer(zero);
        return writer;
    }
}
