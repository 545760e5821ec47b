package io.helmwatch.vision.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A batch in host memory: one direct buffer in native byte order.
 *
 * @param shape shape with the maximum batch
 * @param type element type
 * @param buffer direct, native order, exactly the tensor's bytes; position and limit are not used
 */
public record HostTensorBatch(TensorShape shape, TensorType type, ByteBuffer buffer) implements TensorBatch {

    /** Checks the buffer against the shape. */
    public HostTensorBatch {
        long expected = (long) shape.batch() * shape.elementsPerImage() * type.bytes();
        if (!buffer.isDirect() || buffer.order() != ByteOrder.nativeOrder() || buffer.capacity() != expected) {
            throw new IllegalArgumentException("tensor buffer for " + shape + " " + type
                    + ": expected a direct buffer of " + expected + " bytes in native order, found " + buffer);
        }
    }

    /** Allocates a zeroed batch. */
    public static HostTensorBatch allocate(TensorShape shape, TensorType type) {
        int bytes = Math.toIntExact((long) shape.batch() * shape.elementsPerImage() * type.bytes());
        return new HostTensorBatch(shape, type, ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder()));
    }

    /** Offset in bytes of the first element of an image. */
    public int imageOffsetBytes(int index) {
        return index * shape.elementsPerImage() * type.bytes();
    }
}
