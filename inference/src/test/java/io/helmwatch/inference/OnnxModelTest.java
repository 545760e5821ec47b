package io.helmwatch.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.helmwatch.inference.proto.AttributeProto;
import io.helmwatch.inference.proto.AttributeProto.AttributeType;
import io.helmwatch.inference.proto.ModelProto;
import io.helmwatch.inference.proto.NodeProto;
import io.helmwatch.inference.proto.TensorProto;
import io.helmwatch.inference.proto.TensorProto.DataLocation;
import io.helmwatch.inference.proto.TensorProto.DataType;
import io.helmwatch.vision.tensor.HalfFloat;
import io.helmwatch.vision.tensor.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OnnxModelTest {

    private static final Path HELMET = Path.of("../models/helmet-yolov5n.onnx");

    @TempDir
    Path folder;

    @Test
    void shouldWriteTheModelThatItRead() throws IOException {
        OnnxModel model = OnnxModel.read(HELMET);
        Path copy = Files.write(folder.resolve("copy.onnx"), model.toBytes());

        ModelFile before = ModelFile.read(HELMET);
        ModelFile after = ModelFile.read(copy);
        assertThat(after.inputs()).isEqualTo(before.inputs());
        assertThat(after.outputs()).isEqualTo(before.outputs());
        assertThat(after.metadata()).isEqualTo(before.metadata());
        assertThat(ModelRun.onNoise(copy)).isEqualTo(ModelRun.onNoise(HELMET));
    }

    @Test
    void shouldPreserveFieldsThatTheSchemaDoesNotDeclare() throws IOException {
        OnnxWriter writer = tiny();
        UnknownFieldSet functions = UnknownFieldSet.newBuilder()
                .addField(
                        25,
                        UnknownFieldSet.Field.newBuilder()
                                .addLengthDelimited(ByteString.copyFromUtf8("f"))
                                .build())
                .build();
        writer.message().setUnknownFields(functions);
        writer.message()
                .getGraphBuilder()
                .getNodeBuilder(0)
                .getAttributeBuilder(0)
                .setUnknownFields(functions);

        ModelProto copy = ModelProto.parseFrom(
                OnnxModel.read(writer.write(folder.resolve("a.onnx"))).toBytes());

        assertThat(copy.getUnknownFields()).isEqualTo(functions);
        assertThat(copy.getGraph().getNode(0).getAttribute(0).getUnknownFields())
                .isEqualTo(functions);
    }

    @Test
    void shouldReadConstantNodesAsWeights() {
        OnnxWriter writer = tiny();
        writer.message()
                .getGraphBuilder()
                .addNode(NodeProto.newBuilder()
                        .setOpType("Constant")
                        .addOutput("two")
                        .addAttribute(AttributeProto.newBuilder()
                                .setName("value")
                                .setType(AttributeType.TENSOR)
                                .setT(TensorProto.newBuilder()
                                        .setDataType(DataType.FLOAT_VALUE)
                                        .addFloatData(2))));

        OnnxModel model = OnnxModel.read(writer.write(folder.resolve("constant.onnx")));

        assertThat(model.weightValues("two")).containsExactly(2);
        assertThat(model.nodes()).extracting(NodeProto::getOpType).doesNotContain("Constant");
    }

    @Test
    void shouldReadHalvesFromTheFieldOfIntegers() {
        OnnxWriter writer = tiny();
        writer.message()
                .getGraphBuilder()
                .addInitializer(TensorProto.newBuilder()
                        .setName("half")
                        .setDataType(DataType.FLOAT16_VALUE)
                        .addDims(2)
                        .addInt32Data(HalfFloat.fromFloat(1.5f) & 0xffff)
                        .addInt32Data(HalfFloat.fromFloat(-2) & 0xffff));
        OnnxModel model = OnnxModel.read(writer.write(folder.resolve("half.onnx")));

        PrecisionConverter.toFp32(model);

        assertThat(model.weightValues("half")).containsExactly(1.5f, -2);
    }

    @ParameterizedTest
    @CsvSource({"2 3, 20", "2 3, 23", "-6, 24", "4294967296 4294967296, 0", "0, 4"})
    void shouldRefuseWeightsWhoseSizesContradictTheirElements(String sizes, int bytes) {
        OnnxWriter writer = tiny();
        TensorProto.Builder weight = TensorProto.newBuilder()
                .setName("odd")
                .setDataType(DataType.FLOAT_VALUE)
                .setRawData(ByteString.copyFrom(new byte[bytes]));
        for (String size : sizes.split(" ", -1)) {
            weight.addDims(Long.parseLong(size));
        }
        writer.message().getGraphBuilder().addInitializer(weight);
        Path file = writer.write(folder.resolve("odd.onnx"));

        assertThatThrownBy(() -> OnnxModel.read(file))
                .isInstanceOf(ModelException.class)
                .hasMessageContainingAll("odd.onnx", "weight odd", "found " + bytes / 4);
    }

    @Test
    void shouldRefuseWeightsInASecondFile() {
        OnnxWriter writer = tiny();
        writer.message().getGraphBuilder().getInitializerBuilder(0).setDataLocation(DataLocation.EXTERNAL);
        Path file = writer.write(folder.resolve("external.onnx"));

        assertThatThrownBy(() -> OnnxModel.read(file))
                .isInstanceOf(ModelException.class)
                .hasMessageContainingAll("external.onnx", "second file");
    }

    @Test
    void shouldRefuseOtherFilesInOneSentence() throws IOException {
        Path text = Files.writeString(folder.resolve("text.onnx"), "no network");

        assertThatThrownBy(() -> OnnxModel.read(text))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("text.onnx: expected an ONNX file");
        assertThatThrownBy(() -> OnnxModel.read(folder.resolve("absent.onnx")))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("cannot be read");
    }

    @Test
    void shouldRefuseDamagedFilesOrReadAndConvertThem() throws IOException {
        byte[] whole = new OnnxWriter(TensorType.FP32, 1, 3, 64, 64)
                .output("output0", 4, 7)
                .bytes();
        Random random = new Random(11);
        int refused = 0;
        for (int i = 0; i < 500; i++) {
            byte[] damaged = whole.clone();
            for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
            }
            Path path = Files.write(folder.resolve("damaged.onnx"), damaged);
            try {
                OnnxModel model = OnnxModel.read(path);
                PrecisionConverter.toFp32(model);
                PrecisionConverter.toFp16(model);
                model.toBytes();
            } catch (ModelException e) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(50);
    }

    @Test
    void shouldRefuseDeeplyNestedGroups() throws IOException {
        byte[] nested = new byte[200_000];
        Arrays.fill(nested, (byte) (100 << 3 & 0x7f | 3));
        Path path = Files.write(folder.resolve("nested.onnx"), nested);

        assertThatThrownBy(() -> OnnxModel.read(path)).isInstanceOf(ModelException.class);
        assertThatThrownBy(() -> ModelFile.read(path)).isInstanceOf(ModelException.class);
    }

    @Test
    void shouldRemoveUnusedWeightsFromTheInputsToo() throws IOException {
        Path old = new OnnxWriter(TensorType.FP32, -1, 3, 64, 64)
                .output("output0", 252, 7)
                .output("other", 252, 7)
                .weightAsInput("other.weights", 1, 252, 7)
                .write(folder.resolve("old.onnx"));
        OnnxModel model = OnnxModel.read(old);
        model.removeOutputs();
        model.addOutput("output0", -1, 252, 7);
        model.removeUnused();

        assertThat(ModelFile.read(Files.write(folder.resolve("new.onnx"), model.toBytes()))
                        .inputs())
                .extracting(TensorInfo::name)
                .containsExactly("images");
    }

    @Test
    void shouldFindTheLastConvolutionsAndRemoveUnusedNodes() {
        OnnxModel model = OnnxModel.read(HELMET);
        GraphAnalysis analysis = GraphAnalysis.of(model);
        assertThat(analysis.tail().convolutions())
                .extracting(OnnxModel::label)
                .containsExactlyInAnyOrder("head8.conv", "head16.conv", "head32.conv");
        assertThat(analysis.tail().decoding())
                .extracting(NodeProto::getOpType)
                .contains("Sigmoid", "Concat")
                .doesNotContain("Conv");
        assertThat(analysis.firstConvolutions()).extracting(OnnxModel::label).containsExactly("stem.conv");

        model.removeOutputs();
        model.addOutput("stem.conv", -1, 16, 320, 320);
        model.removeUnused();

        assertThat(model.nodes()).extracting(OnnxModel::label).containsExactly("stem.conv");
        assertThat(model.weightDimensions("stem.conv.weight")).isNotNull();
        assertThat(model.weightDimensions("head8.conv.weight")).isNull();
        assertThat(model.outputs()).isEqualTo(List.of("stem.conv"));
    }

    private static OnnxWriter tiny() {
        return new OnnxWriter(TensorType.FP32, -1, 3, 64, 64).output("output0", 252, 7);
    }
}
