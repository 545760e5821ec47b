package io.helmwatch.vision;

import java.nio.ByteBuffer;

/**
 * A decoded frame: its metadata and its samples.
 *
 * <p>Threading: owned by one thread at a time; the pipeline passes it on through the ring. Ownership: the samples belong to
 * the lease that holds them, see {@link FrameLease}; addresses are valid until that lease is released.
 */
public interface VideoFrame {

    /** Where the samples are. */
    enum Memory {
        /** Addressable by the CPU. */
        HOST,
        /** A CUDA device pointer. */
        CUDA
    }

    /** The frame's metadata; valid as long as the frame, and read only for everybody but its owner. */
    FrameInfo info();

    /** Where the samples are; valid as long as the frame, and read only for everybody but its owner. */
    FramePlanes planes();

    /** The samples of a plane in host memory as a view, rows {@link #strideBytes} apart. Allocates the view: not for the hot path. */
    ByteBuffer plane(int plane);

    /**
     * Copies a frame from device to host memory, upright and in the same format, and waits for the copy: a millisecond or two for
     * 1080p, so only for frames that are stored. The caller closes the copy; this frame is unchanged.
     *
     * @throws IllegalStateException when the frame is in host memory already
     * @throws RuntimeException when the copy fails
     */
    default FrameLease download() {
        throw new IllegalStateException(
                "the frame is in " + memory() + " memory: only a frame in device memory can be downloaded");
    }

    /**
     * Copies evenly spaced rows of a frame from device to host memory, as they are stored and in the same format, and waits for the copy: some
     * hundred kilobytes of 1080p. The caller closes the copy, whose height is the number of rows; this frame is unchanged.
     *
     * @param atLeast rows to copy; all where the frame has fewer
     * @throws IllegalStateException when the frame is in host memory already
     * @throws RuntimeException when the copy fails
     */
    default FrameLease downloadRows(int atLeast) {
        throw new IllegalStateException(
                "the frame is in " + memory() + " memory: only a frame in device memory can be downloaded");
    }

    /** As {@link FrameInfo#width}. */
    default int width() {
        return info().width();
    }

    /** As {@link FrameInfo#height}. */
    default int height() {
        return info().height();
    }

    /** As {@link FrameInfo#orientation}; frames in host memory are upright. */
    default Orientation orientation() {
        return info().orientation();
    }

    /** As {@link FrameInfo#format}. */
    default PixelFormat format() {
        return info().format();
    }

    /** As {@link FrameInfo#color}. */
    default ColorEncoding color() {
        return info().color();
    }

    /** As {@link FrameInfo#sequence}. */
    default long sequence() {
        return info().sequence();
    }

    /** As {@link FrameInfo#ptsNanos}. */
    default long ptsNanos() {
        return info().ptsNanos();
    }

    /** As {@link FrameInfo#capturedAtMillis}. */
    default long capturedAtMillis() {
        return info().capturedAtMillis();
    }

    /** As {@link FrameInfo#receivedNanos}. */
    default long receivedNanos() {
        return info().receivedNanos();
    }

    /** As {@link FramePlanes#memory}. */
    default Memory memory() {
        return planes().memory();
    }

    /** As {@link FramePlanes#address}. */
    default long planeAddress(int plane) {
        return planes().address(plane);
    }

    /** As {@link FramePlanes#strideBytes}. */
    default int strideBytes(int plane) {
        return planes().strideBytes(plane);
    }
}
