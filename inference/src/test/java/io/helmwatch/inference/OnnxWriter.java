package io.helmwatch.inference;

import com.google.protobuf.ByteString;
import io.helmwatch.inference.proto.AttributeProto;
import io.helmwatch.inference.proto.AttributeProto.AttributeType;
import io.helmwatch.inference.proto.GraphProto;
import io.helmwatch.inference.proto.ModelProto;
import io.helmwatch.inference.proto.NodeProto;
import io.helmwatch.inference.proto.OperatorSetIdProto;
import io.helmwatch.inference.proto.StringStringEntryProto;
import io.helmwatch.inference.proto.TensorProto;
import io.helmwatch.inference.proto.TensorProto.DataType;
import io.helmwatch.inference.proto.TensorShapeProto;
import io.helmwatch.inference.proto.TensorShapeProto.Dimension;
import io.helmwatch.inference.proto.TypeProto;
import io.helmwatch.inference.proto.ValueInfoProto;
import io.helmwatch.vision.tensor.HalfFloat;
import io.helmwatch.vision.tensor.TensorType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes tiny ONNX models for tests: each output is the mean of the image times {@link #weight} of the element's position, so
 * that outputs of any shape identify their image.
 */
public final class OnnxWriter {

    private final TensorType type;
    private final ModelProto.Builder model = ModelProto.newBuilder()
            .setIrVersion(8)
            .setProducerName("helmwatch-tests")
            .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(13));
    private String meanOperator = "ReduceMean";

    /** Starts a model whose input {@code images} has these sizes; -1 leaves one dynamic. */
    public OnnxWriter(TensorType type, long... inputSizes) {
        this.type = type;
        graph().setName("tiny").addInput(info("images", inputSizes));
    }

    private GraphProto.Builder graph() {
        return model.getGraphBuilder();
    }

    /** Value of an output's element for an image of ones. */
    public static float weight(int element) {
        return (element % 31 - 7) / 16f;
    }

    /** Adds an output {@code [N, sizes…]}. */
    public OnnxWriter output(String name, long... sizes) {
        return output(name, sizes, sizes);
    }

    /** Adds an output {@code [N, sizes…]} that the file declares as {@code [N, declared…]}; -1 leaves a size dynamic. */
    public OnnxWriter output(String name, long[] sizes, long[] declared) {
        int rank = sizes.length + 1;
        long[] shape = new long[rank];
        shape[0] = -1;
        long[] weightSizes = new long[rank];
        weightSizes[0] = 1;
        long[] declaredSizes = new long[rank];
        declaredSizes[0] = -1;
        int count = 1;
        for (int i = 1; i < rank; i++) {
            shape[i] = 1;
            weightSizes[i] = sizes[i - 1];
            declaredSizes[i] = declared[i - 1];
            count *= (int) sizes[i - 1];
        }
        ByteBuffer shapeBytes = ByteBuffer.allocate(8 * rank).order(ByteOrder.LITTLE_ENDIAN);
        for (long size : shape) {
            shapeBytes.putLong(size);
        }
        ByteBuffer weights = ByteBuffer.allocate(count * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            if (type == TensorType.FP16) {
                weights.putShort(HalfFloat.fromFloat(weight(i)));
            } else {
                weights.putFloat(weight(i));
            }
        }
        AttributeProto axes = AttributeProto.newBuilder()
                .setName("axes")
                .addAllInts(List.of(1L, 2L, 3L))
                .setType(AttributeType.INTS)
                .build();
        graph().addNode(node(meanOperator, name + ".mean", "images").addAttribute(axes))
                .addNode(node("Reshape", name + ".scalar", name + ".mean", name + ".shape"))
                .addNode(node("Mul", name, name + ".scalar", name + ".weights"))
                .addInitializer(tensor(name + ".shape", DataType.INT64, new long[] {rank}, shapeBytes))
                .addInitializer(tensor(name + ".weights", elementType(), weightSizes, weights))
                .addOutput(info(name, declaredSizes));
        return this;
    }

    /**
     * Adds a raw head as the last convolutions output it, {@code [N, channels, H / stride, W / stride]}, with all sizes open: each
     * element is the mean of its cell times {@link #weight} of its channel.
     */
    public OnnxWriter openHead(String name, int channels, int stride) {
        int inputs = 3 * stride * stride;
        ByteBuffer weights =
                ByteBuffer.allocate(channels * inputs * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < channels * inputs; i++) {
            float value = weight(i / inputs) / inputs;
            if (type == TensorType.FP16) {
                weights.putShort(HalfFloat.fromFloat(value));
            } else {
                weights.putFloat(value);
            }
        }
        graph().addNode(node("Conv", name, "images", name + ".weights")
                        .addAttribute(AttributeProto.newBuilder()
                                .setName("strides")
                                .addAllInts(List.of((long) stride, (long) stride))
                                .setType(AttributeType.INTS)))
                .addInitializer(
                        tensor(name + ".weights", elementType(), new long[] {channels, 3, stride, stride}, weights))
                .addOutput(info(name, -1, channels, -1, -1));
        return this;
    }

    /** Lists a weight among the graph's inputs, as files before IR version 4 do. */
    public OnnxWriter weightAsInput(String name, long... sizes) {
        graph().addInput(info(name, sizes));
        return this;
    }

    /** Uses an operator that no engine knows for the outputs added from now on. */
    public OnnxWriter unknownOperator() {
        meanOperator = "NoSuchOperator";
        return this;
    }

    /** Adds metadata. */
    public OnnxWriter metadata(String key, String value) {
        model.addMetadataProps(StringStringEntryProto.newBuilder().setKey(key).setValue(value));
        return this;
    }

    /** The message, to be changed further. */
    public ModelProto.Builder message() {
        return model;
    }

    /** The file's bytes. */
    public byte[] bytes() {
        return model.build().toByteArray();
    }

    /** Writes the file. */
    public Path write(Path file) {
        try {
            return Files.write(file, bytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private DataType elementType() {
        return type == TensorType.FP16 ? DataType.FLOAT16 : DataType.FLOAT;
    }

    private ValueInfoProto info(String name, long... sizes) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (long size : sizes) {
            shape.addDim(
                    size < 0
                            ? Dimension.newBuilder().setDimParam("dynamic")
                            : Dimension.newBuilder().setDimValue(size));
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(elementType().getNumber())
                                .setShape(shape)))
                .build();
    }

    private static NodeProto.Builder node(String operator, String output, String... inputs) {
        return NodeProto.newBuilder()
                .addAllInput(List.of(inputs))
                .addOutput(output)
                .setName(output)
                .setOpType(operator);
    }

    private static TensorProto tensor(String name, DataType type, long[] sizes, ByteBuffer data) {
        TensorProto.Builder tensor = TensorProto.newBuilder();
        for (long size : sizes) {
            tensor.addDims(size);
        }
        return tensor.setDataType(type.getNumber())
                .setName(name)
                .setRawData(ByteString.copyFrom(data.array()))
                .build();
    }
}
