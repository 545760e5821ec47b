package io.helmwatch.inference;

import io.helmwatch.vision.HalfFloat;
import io.helmwatch.vision.TensorType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes tiny ONNX networks for tests: each output is the mean of the picture times {@link #weight} of the element's place, so
 * that outputs of any shape tell which picture they belong to.
 */
public final class OnnxWriter {

    private final TensorType type;
    private final Message graph = new Message();
    private final Message model = new Message().number(1, 8).text(2, "helmwatch-tests");
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
        model.message(14, new Message().text(1, key).text(2, value));
        return this;
    }

    /** The file's bytes. */
    public byte[] bytes() {
        return new Message()
                .append(model)
                .message(7, graph)
                .message(8, new Message().text(1, "").number(2, 13))
                .toByteArray();
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

    private Message port(String name, long... sizes) {
        Message shape = new Message();
        for (long size : sizes) {
            shape.message(1, size < 0 ? new Message().text(2, "open") : new Message().number(1, size));
        }
        Message tensor = new Message().number(1, elementType()).message(2, shape);
        return new Message().text(1, name).message(2, new Message().message(1, tensor));
    }

    private static Message node(String operator, String output, String... inputs) {
        Message node = new Message();
        for (String input : inputs) {
            node.text(1, input);
        }
        return node.text(2, output).text(3, output).text(4, operator);
    }

    private static Message axes(long... axes) {
        Message attribute = new Message().text(1, "axes");
        for (long axis : axes) {
            attribute.number(8, axis);
        }
        return attribute.number(20, 7);
    }

    private static Message tensor(String name, int elementType, long[] sizes, ByteBuffer data) {
        Message tensor = new Message();
        for (long size : sizes) {
            tensor.number(1, size);
        }
        return tensor.number(2, elementType).text(8, name).bytes(9, data.array());
    }

    /** A protobuf message being written. */
    private static final class Message {

        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Message number(int field, long value) {
            varint((long) field << 3);
            varint(value);
            return this;
        }

        Message text(int field, String value) {
            return bytes(field, value.getBytes(StandardCharsets.UTF_8));
        }

        Message message(int field, Message value) {
            return bytes(field, value.toByteArray());
        }

        Message bytes(int field, byte[] value) {
            varint((long) field << 3 | 2);
            varint(value.length);
            out.writeBytes(value);
            return this;
        }

        Message append(Message other) {
            out.writeBytes(other.toByteArray());
            return this;
        }

        byte[] toByteArray() {
            return out.toByteArray();
        }

        private void varint(long value) {
            long left = value;
            while ((left & ~0x7fL) != 0) {
                out.write((int) (left & 0x7f | 0x80));
                left >>>= 7;
            }
            out.write((int) left);
        }
    }
}
