package io.helmwatch.preprocess.cuda;

import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.cuda.CudaStream;
import io.helmwatch.cuda.DeviceBuffer;
import io.helmwatch.cuda.PinnedBuffer;
import io.helmwatch.vision.VideoFrame;
import org.jspecify.annotations.Nullable;

/**
 * Uploads frames that were decoded in host memory: a page-locked copy of the planes, without conversion to RGB, and a device buffer.
 * Grows to the largest frame.
 *
 * <p>Threading: used by one thread, except {@link #run}, which may run on another one between {@link #prepare} and {@link #upload}. Ownership: frees
 * both on close.
 */
final class StagedFrame implements AutoCloseable, Runnable {

    private static final String OWNER = "preprocess.staging";

    /** Alignment of planes in bytes, for wide loads. */
    private static final int ALIGNMENT = 256;

    private static final int MAX_PLANES = 3;

    private final CudaDevice device;
    private @Nullable PinnedBuffer host;
    private @Nullable DeviceBuffer memory;

    private final long[] sources = new long[MAX_PLANES];
    private final long[] bytes = new long[MAX_PLANES];
    private int planes;
    private long total;

    StagedFrame(CudaDevice device) {
        this.device = device;
    }

    /** Takes note of a frame, which must stay as it is until it is uploaded; stores the device addresses of its planes in {@code addresses}. */
    void prepare(VideoFrame frame, long[] addresses) {
        planes = frame.format().planes();
        total = 0;
        for (int plane = 0; plane < planes; plane++) {
            sources[plane] = frame.planeAddress(plane);
            bytes[plane] = frame.planes().bytes(plane, frame.info());
            total += aligned(bytes[plane]);
        }
        DeviceBuffer to = memory;
        if (to == null || to.bytes() < total) {
            close();
            host = new PinnedBuffer(device, OWNER, Math.toIntExact(total));
            to = new DeviceBuffer(device, OWNER, total);
            memory = to;
        }
        long offset = 0;
        for (int plane = 0; plane < planes; plane++) {
            addresses[plane] = to.address() + offset;
            offset += aligned(bytes[plane]);
        }
    }

    /** Copies the frame to page-locked memory. */
    @Override
    public void run() {
        PinnedBuffer to = host;
        if (to == null) {
            throw new IllegalStateException("no frame was prepared");
        }
        long offset = 0;
        for (int plane = 0; plane < planes; plane++) {
            to.copyFrom(sources[plane], offset, bytes[plane]);
            offset += aligned(bytes[plane]);
        }
    }

    /** Enqueues the upload of the copy. */
    void upload(CudaStream stream) {
        PinnedBuffer from = host;
        DeviceBuffer to = memory;
        if (from == null || to == null) {
            throw new IllegalStateException("no frame was prepared");
        }
        to.upload(from, total, stream);
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
