package io.helmwatch.vision;

import io.helmwatch.vision.VideoFrame.Memory;

/**
 * Where the samples of a frame are: kind of memory, address and stride of each plane. A mutable holder that its owner reuses for
 * one frame after another.
 *
 * <p>Threading and ownership: as {@link FrameInfo}. The memory itself belongs to the owner of the frame.
 */
public final class FramePlanes {
    /** The most planes that a {@link PixelFormat} has. */
    public static final int MAX_PLANES = 3;

    private final long[] addresses = new long[MAX_PLANES];
    private final int[] strides = new int[MAX_PLANES];
    private Memory memory = Memory.HOST;

    /** Creates a holder without planes. */
    public FramePlanes() {}

    /** Removes all planes: addresses and strides are 0. */
    public void clear() {
        for (int plane = 0; plane < MAX_PLANES; plane++) {
            set(plane, 0, 0);
        }
    }

    /** Sets the kind of memory that all addresses refer to. */
    public void setMemory(Memory memory) {
        this.memory = memory;
    }

    /** Sets one plane: address of its first sample and bytes from one row to the next. */
    public void set(int plane, long address, int strideBytes) {
        addresses[plane] = address;
        strides[plane] = strideBytes;
    }

    /** Replaces everything by the values of another frame. */
    public void copyFrom(FramePlanes other) {
        memory = other.memory;
        for (int plane = 0; plane < MAX_PLANES; plane++) {
            set(plane, other.addresses[plane], other.strides[plane]);
        }
    }

    /** The kind of memory that all addresses refer to. */
    public Memory memory() {
        return memory;
    }

    /** Address of the first sample of a plane; 0 when there is none. */
    public long address(int plane) {
        return addresses[plane];
    }

    /** Bytes from one row of a plane to the next; 0 when there is none. */
    public int strideBytes(int plane) {
        return strides[plane];
    }

    /** Bytes from the first sample of a plane to its last, the gaps between stored rows included. */
    public long bytes(int plane, FrameInfo info) {
        PixelFormat format = info.format();
        return (format.planeRows(plane, info.storedHeight()) - 1L) * strides[plane]
                + format.planeRowBytes(plane, info.storedWidth());
    }
}
