package io.helmwatch.postprocess.cuda;

import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.cuda.DeviceBuffer;
import io.helmwatch.cuda.PinnedBuffer;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What the kernels of {@code detect.cu} need between predictions and kept boxes, for batches up to a size.
 *
 * <p>Threading: used by one thread. Ownership: frees its memory on close.
 */
final class SelectionMemory implements AutoCloseable {

    /** Number kept and number of candidates, before the rows of a picture. */
    static final int HEAD_BYTES = 8;

    /** Bytes of {@code struct Kept}. */
    static final int KEPT_BYTES = 24;

    private static final String OWNER = "postprocess";

    private final int pictures;
    private final int rows;
    private final int pictureBytes;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final DeviceBuffer keys;
    private final DeviceBuffer boxes;
    private final DeviceBuffer classes;
    private final DeviceBuffer counts;
    private final DeviceBuffer kept;
    private final PinnedBuffer keptOnHost;

    /** Allocates for {@code pictures} of {@code rows} predictions each. */
    SelectionMemory(CudaDevice device, int pictures, int rows, int maxDetections) {
        this.pictures = pictures;
        this.rows = rows;
        this.pictureBytes = HEAD_BYTES + maxDetections * KEPT_BYTES;
        long predictions = (long) pictures * rows;
        try {
            keys = opened(new DeviceBuffer(device, OWNER, 8 * predictions));
            boxes = opened(new DeviceBuffer(device, OWNER, 16 * predictions));
            classes = opened(new DeviceBuffer(device, OWNER, 4 * predictions));
            counts = opened(new DeviceBuffer(device, OWNER, 4L * pictures));
            kept = opened(new DeviceBuffer(device, OWNER, (long) pictures * pictureBytes));
            keptOnHost = opened(new PinnedBuffer(device, OWNER, Math.multiplyExact(pictures, pictureBytes)));
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private <T extends AutoCloseable> T opened(T owner) {
        opened.push(owner);
        return owner;
    }

    boolean fits(int size, int rowsOfPicture) {
        return size <= pictures && rowsOfPicture == rows;
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

    /** Bytes from one picture's results to the next. */
    int pictureBytes() {
        return pictureBytes;
    }

    @Override
    public void close() {
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException("device memory of the postprocessor could not be freed", e);
            }
        }
    }
}
