package io.helmwatch.inference;

import io.helmwatch.vision.HalfFloat;
import io.helmwatch.vision.TensorType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes tiny ONNX networks for tests: each output is the mean of the picture times {@link #weight} of the element's place, so
 * that outputs of any shape tell which picture they belong to.
 */
public final class OnnxWriter {

    private final TensorType type;
    private final ProtobufWriter graph = new ProtobufWriter();
    private final ProtobufWriter model = new ProtobufWriter().number(1, 8).text(2, "helmwatch-tests");
    private String meanOp = "ReduceMean";

    /** Starts a network whose input {@code images} has these sizes; -1 leaves one open. */
    public OnnxWriter(TensorType type, long... inputSizes) {
        this.type = type;
        graph.text(2, "tiny");
        graph.message(11, port("images", inputSizes));
    }

    /** What an output's element is for a picture of ones. */
    public static float weight(int element) {
        return (element % 31 - 7) / 16f;
    }

    /** Adds an output {@code [N, sizes…]}. */
    public OnnxWriter output(String name, long... sizes) {
        return output(name, sizes, sizes);
    }

    /** Adds an output {@code [N, sizes…]} that the file declares as {@code [N, declared…]}; -1 leaves a size open. */
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
        graph.message(1, node(meanOp, name + ".mean", "images").message(5, axes(1, 2, 3)));
        graph.message(1, node("Reshape", name + ".scalar", name + ".mean", name + ".shape"));
        graph.message(1, node("Mul", name, name + ".scalar", name + ".weights"));
        graph.message(5, tensor(name + ".shape", 7, new long[] {rank}, shapeBytes));
        graph.message(5, tensor(name + ".weights", elementType(), weightSizes, weights));
        graph.message(12, port(name, declaredSizes));
        return this;
    }

    /** Lists a weight among the graph's inputs, as files before IR version 4 do. */
    public OnnxWriter weightAsInput(String name, long... sizes) {
        graph.message(11, port(name, sizes));
        return this;
    }

    /** Uses an operator for the outputs added from now on that no engine knows. */
    public OnnxWriter unknownOperator() {
        meanOp = "NoSuchOperator";
        return this;
    }

    /** Adds metadata. */
    public OnnxWriter metadata(String key, String value) {
        model.message(14, new ProtobufWriter().text(1, key).text(2, value));
        return this;
    }

    /** The file's bytes. */
    public byte[] bytes() {
        // Messages that follow each other in a file are one message with the fields of both.
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(model.toByteArray());
        file.writeBytes(new ProtobufWriter()
                .message(7, graph)
                .message(8, new ProtobufWriter().text(1, "").number(2, 13))
                .toByteArray());
        return file.toByteArray();
    }

    /** Writes the file. */
    public Path write(Path file) {
        try {
            return Files.write(file, bytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private int elementType() {
        return type == TensorType.FP16 ? 10 : 1;
    }

    private ProtobufWriter port(String name, long... sizes) {
        ProtobufWriter shape = new ProtobufWriter();
        for (long size : sizes) {
            shape.message(1, size < 0 ? new ProtobufWriter().text(2, "open") : new ProtobufWriter().number(1, size));
        }
        ProtobufWriter tensor = new ProtobufWriter().number(1, elementType()).message(2, shape);
        return new ProtobufWriter().text(1, name).message(2, new ProtobufWriter().message(1, tensor));
    }

    private static ProtobufWriter node(String operator, String output, String... inputs) {
        ProtobufWriter node = new ProtobufWriter();
        for (String input : inputs) {
            node.text(1, input);
        }
        return node.text(2, output).text(3, output).text(4, operator);
    }

    private static ProtobufWriter axes(long... axes) {
        ProtobufWriter attribute = new ProtobufWriter().text(1, "axes");
        for (long axis : axes) {
            attribute.number(8, axis);
        }
        return attribute.number(20, 7);
    }

    private static ProtobufWriter tensor(String name, int elementType, long[] sizes, ByteBuffer data) {
        ProtobufWriter tensor = new ProtobufWriter();
        for (long size : sizes) {
            tensor.number(1, size);
        }
        return tensor.number(2, elementType).text(8, name).bytes(9, data.array());
    }
}
