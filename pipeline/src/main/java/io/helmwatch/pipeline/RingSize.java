package io.helmwatch.pipeline;

import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.TensorShape;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/** How many slots the ring gets: a decision about memory, since each may hold a decoded picture. */
final class RingSize {
    /** A 1920x1080 picture of 4:2:0 samples, what most cameras send. */
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

    /** One line for the log: the bound of the memory that frames and tensors take. */
    static String describe(int slots, Stages stages) {
        TensorShape input = stages.engine().model().input();
        int batch = stages.lanes().get(0).maxBatch();
        long laneBytes = (long) batch
                * (4L * input.elementsPerImage()
                        + 4L
                                * stages.engine().model().output().anchors()
                                * stages.engine().model().output().rowElements());
        long lanes = stages.lanes().size();
        return String.format(
                Locale.ROOT,
                "memory bound of frames in flight: ring of %d slots x %.1f MB (1920x1080, 4:2:0) = %.0f MB,"
                        + " %d lanes x %.1f MB = %.0f MB",
                slots,
                megabytes(REFERENCE_FRAME_BYTES),
                megabytes(slots * REFERENCE_FRAME_BYTES),
                lanes,
                megabytes(laneBytes),
                megabytes(lanes * laneBytes));
    }

    private static double megabytes(long bytes) {
        return bytes / 1e6;
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
