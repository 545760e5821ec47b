package io.helmwatch.vision;

import java.nio.ByteBuffer;

/**
 * A decoded picture and where it came from.
 *
 * <p>Threading: owned by one thread at a time; the pipeline hands it on through the ring. Ownership: the pixels belong to
 * the lease that holds them, see {@link FrameLease}; addresses are valid until that lease is released.
 */
public interface VideoFrame {

    /** Where the samples live. */
    enum Memory {
        /** Addressable by the CPU. */
        HOST,
        /** A CUDA device pointer. */
        CUDA
    }

    /** Picture width in pixels, as displayed: upright. */
    int width();

    /** Picture height in pixels, as displayed: upright. */
    int height();

    /** How the samples have to be turned to stand upright; in host memory they always do. */
    default Orientation orientation() {
        return Orientation.UPRIGHT;
    }

    /** Luma samples of a stored row. */
    default int storedWidth() {
        return orientation().swapsSides() ? height() : width();
    }

    /** Stored rows of luma samples. */
    default int storedHeight() {
        return orientation().swapsSides() ? width() : height();
    }

    /** Layout of the samples. */
    PixelFormat format();

    /** How the samples code colours. */
    ColorEncoding color();

    /** Where the samples live. */
    Memory memory();

    /** Address of the first sample of a plane, in the address space that {@link #memory()} names. */
    long planeAddress(int plane);

    /** Bytes from one row of a plane to the next; at least the row's bytes. */
    int strideBytes(int plane);

    /** The samples of a plane in host memory as a view, rows {@link #strideBytes} apart. Allocates the view: not for the hot path. */
    ByteBuffer plane(int plane);

    /**
     * Copies a picture from device to host memory, upright and in the same format, and waits for it: a millisecond or two for 1080p, so only for
     * pictures that are kept. The caller closes the copy; this frame stays as it is.
     *
     * @throws IllegalStateException when the picture is in host memory already
     * @throws RuntimeException when the device does not give it
     */
    default FrameLease download() {
        throw new IllegalStateException(
                "the picture is in " + memory() + " memory: only one on a device can be downloaded");
    }

    /** Number of the frame within the stream's run, from 0, counted over all decoded frames (sampled or not). */
    long sequence();

    /** Presentation time in nanoseconds since the stream's first frame; monotonic even where the stream's own timestamps jump. */
    long ptsNanos();

    /** Time of capture in milliseconds since 1970-01-01 UTC: the camera's clock where it tells, else the time of receipt. */
    long capturedAtMillis();

    /** {@link System#nanoTime()} when the frame left the decoder. */
    long receivedNanos();
}
