package io.helmwatch.inference;

import com.google.protobuf.ByteString;
import io.helmwatch.inference.proto.TensorProto;
import io.helmwatch.inference.proto.TensorProto.DataLocation;
import io.helmwatch.inference.proto.TensorProto.DataType;
import io.helmwatch.vision.tensor.HalfFloat;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Elements of constant tensors, in whichever field of the message they are. Tensors written here have their elements in
 * {@code raw_data}, in little-endian order.
 */
final class TensorElements {

    private static final float LARGEST_HALF = 65504;

    private TensorElements() {}

    /**
     * Checks that a tensor of a type that is read here has as many elements as its sizes say, and has them in the file.
     *
     * @throws ModelException when it has not
     */
    static void check(TensorProto tensor, String source) {
        if (tensor.getDataLocation() == DataLocation.EXTERNAL) {
            throw new ModelException(source + ": weight " + tensor.getName()
                    + " is stored in a second file: expected an export with its weights inside");
        }
        int width = switch (tensor.getDataType()) {
            case DataType.FLOAT_VALUE, DataType.INT32_VALUE -> 4;
            case DataType.FLOAT16_VALUE -> 2;
            case DataType.INT64_VALUE -> 8;
            case DataType.INT8_VALUE, DataType.UINT8_VALUE -> 1;
            default -> 0;
        };
        if (width == 0) {
            return;
        }
        long expected = 1;
        for (long size : tensor.getDimsList()) {
            // Beyond what any file holds, so that the product cannot overflow.
            expected = size < 0 || expected > Integer.MAX_VALUE ? Long.MAX_VALUE : expected * Math.min(size, 1L << 31);
        }
        long found = tensor.hasRawData()
                ? tensor.getRawData().size() / width
                : (long) tensor.getFloatDataCount() + tensor.getInt32DataCount() + tensor.getInt64DataCount();
        boolean whole = !tensor.hasRawData() || tensor.getRawData().size() % width == 0;
        if (found != expected || !whole) {
            throw new ModelException(source + ": weight " + tensor.getName() + ": expected elements for the sizes "
                    + tensor.getDimsList() + ", found " + found);
        }
    }

    /** Values of an FP32 or FP16 tensor that was checked. */
    static float[] floats(TensorProto tensor) {
        boolean half = tensor.getDataType() == DataType.FLOAT16_VALUE;
        if (tensor.hasRawData()) {
            ByteBuffer raw = tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
            float[] values = new float[raw.remaining() / (half ? 2 : 4)];
            for (int i = 0; i < values.length; i++) {
                values[i] = half ? HalfFloat.toFloat(raw.getShort(2 * i)) : raw.getFloat(4 * i);
            }
            return values;
        }
        float[] values = new float[half ? tensor.getInt32DataCount() : tensor.getFloatDataCount()];
        for (int i = 0; i < values.length; i++) {
            values[i] = half ? HalfFloat.toFloat((short) tensor.getInt32Data(i)) : tensor.getFloatData(i);
        }
        return values;
    }

    /** Values of a tensor of 8-bit integers, signed or not, that was checked. */
    static int[] bytes(TensorProto tensor) {
        boolean signed = tensor.getDataType() == DataType.INT8_VALUE;
        if (!tensor.hasRawData()) {
            return tensor.getInt32DataList().stream()
                    .mapToInt(Integer::intValue)
                    .toArray();
        }
        ByteString raw = tensor.getRawData();
        int[] values = new int[raw.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = signed ? raw.byteAt(i) : raw.byteAt(i) & 0xff;
        }
        return values;
    }

    /** An FP32 tensor. */
    static TensorProto ofFloats(String name, float[] values, List<Long> dimensions) {
        ByteBuffer raw = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        raw.asFloatBuffer().put(values);
        return tensor(name, DataType.FLOAT, raw, dimensions);
    }

    /** An FP16 tensor; values beyond FP16's range become its largest numbers. */
    static TensorProto ofHalves(String name, float[] values, List<Long> dimensions) {
        ByteBuffer raw = ByteBuffer.allocate(2 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            raw.putShort(HalfFloat.fromFloat(Math.max(-LARGEST_HALF, Math.min(LARGEST_HALF, value))));
        }
        return tensor(name, DataType.FLOAT16, raw.flip(), dimensions);
    }

    /** A tensor of 8-bit integers, signed or not. */
    static TensorProto ofBytes(String name, DataType type, byte[] values, List<Long> dimensions) {
        return tensor(name, type, ByteBuffer.wrap(values), dimensions);
    }

    /** A tensor of 32-bit integers. */
    static TensorProto ofInts(String name, int[] values, List<Long> dimensions) {
        ByteBuffer raw = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        raw.asIntBuffer().put(values);
        return tensor(name, DataType.INT32, raw, dimensions);
    }

    /** The same values in FP32 or FP16. */
    static TensorProto converted(TensorProto tensor, DataType to) {
        float[] values = floats(tensor);
        return to == DataType.FLOAT16
                ? ofHalves(tensor.getName(), values, tensor.getDimsList())
                : ofFloats(tensor.getName(), values, tensor.getDimsList());
    }

    static List<Long> boxed(long... dimensions) {
        List<Long> sizes = new ArrayList<>();
        for (long size : dimensions) {
            sizes.add(size);
        }
        return sizes;
    }

    private static TensorProto tensor(String name, DataType type, ByteBuffer raw, List<Long> dimensions) {
        return TensorProto.newBuilder()
                .setName(name)
                .setDataType(type.getNumber())
                .addAllDims(dimensions)
                .setRawData(ByteString.copyFrom(raw))
                .build();
    }
}
