package io.helmwatch.postprocess.cuda;

import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.cuda.DeviceBuffer;
import io.helmwatch.cuda.PinnedBuffer;
import io.helmwatch.resource.Closer;

/**
 * The buffers of the kernels of {@code detect.cu}, from predictions to kept boxes, for batches and inputs up to a size.
 *
 * <p>Threading: used by one thread. Ownership: frees its memory on close.
 */
final class SelectionMemory implements AutoCloseable {

    /** Bytes before the rows of a frame: number of kept boxes and of candidates. */
    static final int HEAD_BYTES = 8;

    /** Bytes of {@code struct Kept}. */
    static final int KEPT_BYTES = 24;

    private static final String OWNER = "postprocess";

    private final int frames;
    private final int rows;
    private final int frameBytes;
    private final Closer opened = new Closer();
    private final DeviceBuffer keys;
    private final DeviceBuffer boxes;
    private final DeviceBuffer classes;
    private final DeviceBuffer counts;
    private final DeviceBuffer kept;
    private final PinnedBuffer keptOnHost;

    /** Allocates for {@code frames} of up to {@code rows} predictions each. */
    SelectionMemory(CudaDevice device, int frames, int rows, int maxDetections) {
        this.frames = frames;
        this.rows = rows;
        this.frameBytes = HEAD_BYTES + maxDetections * KEPT_BYTES;
        long predictions = (long) frames * rows;
        try {
            keys = opened.register(new DeviceBuffer(device, OWNER, 8 * predictions));
            boxes = opened.register(new DeviceBuffer(device, OWNER, 16 * predictions));
            classes = opened.register(new DeviceBuffer(device, OWNER, 4 * predictions));
            counts = opened.register(new DeviceBuffer(device, OWNER, 4L * frames));
            kept = opened.register(new DeviceBuffer(device, OWNER, (long) frames * frameBytes));
            keptOnHost = opened.register(new PinnedBuffer(device, OWNER, Math.multiplyExact(frames, frameBytes)));
        } catch (RuntimeException e) {
            opened.closeAfter(e);
            throw e;
        }
    }

    boolean fits(int size, int rowsOfFrame) {
        return size <= frames && rowsOfFrame <= rows;
    }

    int frames() {
        return frames;
    }

    int rows() {
        return rows;
    }

    DeviceBuffer keys() {
        return keys;
    }

    DeviceBuffer boxes() {
        return boxes;
    }

    DeviceBuffer classes() {
        return classes;
    }

    DeviceBuffer counts() {
        return counts;
    }

    DeviceBuffer kept() {
        return kept;
    }

    PinnedBuffer keptOnHost() {
        return keptOnHost;
    }

    /** Bytes of the results of one frame. */
    int frameBytes() {
        return frameBytes;
    }

    @Override
    public void close() {
        opened.close();
    }
}
