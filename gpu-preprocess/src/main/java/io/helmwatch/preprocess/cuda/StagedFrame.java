package io.helmwatch.preprocess.cuda;

import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.cuda.CudaStream;
import io.helmwatch.cuda.DeviceBuffer;
import io.helmwatch.cuda.PinnedBuffer;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.VideoFrame;
import org.jspecify.annotations.Nullable;

/**
 * The way up of pictures that were decoded in host memory: a page-locked copy of the planes as they are, never as RGB, and room for them on
 * the device. Grows with the largest picture seen.
 *
 * <p>Threading: used by one thread. Ownership: frees both on close.
 */
final class StagedFrame implements AutoCloseable {

    private static final String OWNER = "preprocess.staging";

    /** Planes begin at multiples of this, so that wide loads stay aligned. */
    private static final int ALIGNMENT = 256;

    private final CudaDevice device;
    private @Nullable PinnedBuffer host;
    private @Nullable DeviceBuffer memory;

    StagedFrame(CudaDevice device) {
        this.device = device;
    }

    /** Copies the picture and enqueues its upload; fills in the device addresses of its planes. */
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
