package io.helmwatch.pipeline.ring;

import io.helmwatch.inference.ModelInfo;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.PixelFormat;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/** Chooses the number of ring slots: a decision about memory, since each slot may hold a decoded frame. */
final class RingSize {
    /** A 1920x1080 frame with 4:2:0 sampling, which most cameras send. */
    static final long REFERENCE_FRAME_BYTES = frameBytes(PixelFormat.I420, 1920, 1080);

    private static final int SMALLEST = 16;
    private static final int SLOTS_PER_STREAM = 4;

    private RingSize() {}

    /**
     * The configured size, or: four slots per stream, at least 16 and twice the frames that the lanes hold, as a power of two, and not more than fit
     * into a quarter of the machine's memory.
     */
    static int choose(int configured, int streams, Stages stages) {
        return choose(
                configured,
                streams,
                stages.lanes().size() * stages.lanes().get(0).maxBatch(),
                physicalMemoryBytes());
    }

    static int choose(int configured, int streams, int framesInLanes, long memoryBytes) {
        if (configured > 0) {
            return configured;
        }
        int wanted = Math.max(SMALLEST, Math.max(SLOTS_PER_STREAM * streams, 2 * framesInLanes));
        int size = powerOfTwoFrom(wanted);
        int least = powerOfTwoFrom(Math.max(4, 2 * streams));
        while (size > least && size * REFERENCE_FRAME_BYTES > memoryBytes / 4) {
            size /= 2;
        }
        return size;
    }

    private static int powerOfTwoFrom(int least) {
        return Integer.highestOneBit(Math.max(1, least - 1)) << 1;
    }

    /** One line for the log: memory of the model and its tensors, and of the frames in the ring at most. */
    static String describe(int slots, Stages stages) {
        ModelInfo model = stages.engine().model();
        long rowElements = (long) model.output().anchors() * model.output().rowElements();
        long laneBytes = stages.lanes().get(0).maxBatch()
                * (model.inputType().bytes() * (long) model.input().elementsPerImage() + Float.BYTES * rowElements);
        int lanes = stages.lanes().size();
        return String.format(
                Locale.ROOT,
                "Memory: model %s, %d lanes x %s = %s; at most %d frames in the ring, %s if all are 1920x1080 4:2:0 8 bit;"
                        + " the size of a stream's frames is logged with its first frame",
                megabytes(stages.engine().modelBytes()),
                lanes,
                megabytes(laneBytes),
                megabytes(lanes * laneBytes),
                slots,
                megabytes(slots * REFERENCE_FRAME_BYTES));
    }

    /** One line for the log: memory of a stream's frames in the ring at most. */
    static String describe(FrameLease frame, int share) {
        long bytes = frameBytes(frame.format(), frame.width(), frame.height());
        return String.format(
                Locale.ROOT,
                "%dx%d %s, %s per frame, at most %d in the ring: %s, besides the few that the decoder holds",
                frame.width(),
                frame.height(),
                frame.format(),
                megabytes(bytes),
                share,
                megabytes(share * bytes));
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
    }

    static long frameBytes(PixelFormat format, int width, int height) {
        long bytes = 0;
        for (int plane = 0; plane < format.planes(); plane++) {
            bytes += (long) format.planeRowBytes(plane, width) * format.planeRows(plane, height);
        }
        return bytes;
    }

    /** The machine's or the container's memory. */
    private static long physicalMemoryBytes() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean machine
                ? machine.getTotalMemorySize()
                : Long.MAX_VALUE;
    }
}
