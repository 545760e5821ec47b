package io.helmwatch.preprocess.cuda;

import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.cuda.CudaStream;
import io.helmwatch.cuda.DeviceBuffer;
import io.helmwatch.cuda.PinnedBuffer;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.VideoFrame;
import org.jspecify.annotations.Nullable;

/**
 * Uploads frames that were decoded in host memory: a page-locked copy of the planes, without conversion to RGB, and a device buffer.
 * Grows to the largest frame.
 *
 * <p>Threading: used by one thread. Ownership: frees both on close.
 */
final class StagedFrame implements AutoCloseable {

    private static final String OWNER = "preprocess.staging";

    /** Alignment of planes in bytes, for wide loads. */
    private static final int ALIGNMENT = 256;

    private final CudaDevice device;
    private @Nullable PinnedBuffer host;
    private @Nullable DeviceBuffer memory;

    StagedFrame(CudaDevice device) {
        this.device = device;
    }

    /** Copies the frame and enqueues its upload; stores the device addresses of its planes in {@code planes}. */
    void upload(VideoFrame frame, CudaStream stream, long[] planes) {
        PixelFormat format = frame.format();
        long total = 0;
        for (int plane = 0; plane < format.planes(); plane++) {
            total += aligned(frame.planes().bytes(plane, frame.info()));
        }
        PinnedBuffer from = host;
        DeviceBuffer to = memory;
        if (from == null || to == null || to.bytes() < total) {
            close();
            from = new PinnedBuffer(device, OWNER, Math.toIntExact(total));
            host = from;
            to = new DeviceBuffer(device, OWNER, total);
            memory = to;
        }
        long offset = 0;
        for (int plane = 0; plane < format.planes(); plane++) {
            long bytes = frame.planes().bytes(plane, frame.info());
            from.copyFrom(frame.planeAddress(plane), offset, bytes);
            planes[plane] = to.address() + offset;
            offset += aligned(bytes);
        }
        to.upload(from, offset, stream);
    }

    private static long aligned(long bytes) {
        return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    @Override
    public void close() {
        if (host != null) {
            host.close();
            host = null;
        }
        if (memory != null) {
            memory.close();
            memory = null;
        }
    }
}
