package io.helmwatch.pipeline.bench;

import io.helmwatch.cuda.GpuLoad;
import io.helmwatch.pipeline.backend.OpenedBackend;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.OperatingSystemMXBean;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What this process uses from the making of a meter to {@link #stop}: processor time, the garbage collector's pauses, and the load of the
 * GPU, asked ten times a second by a thread of its own.
 *
 * <p>Threading: made and stopped by one thread.
 */
final class ResourceMeter implements AutoCloseable {
    private static final String CUDA = "cuda:";
    private static final long GPU_INTERVAL_MILLIS = 100;
    private static final OperatingSystemMXBean SYSTEM = ManagementFactory.getOperatingSystemMXBean();

    private final long startNanos = System.nanoTime();
    private final long startCpuNanos = cpuNanos();
    private final long startCollections = collections();
    private final long startCollectionMillis = collectionMillis();
    private final @Nullable GpuSampler sampler;

    private ResourceMeter(@Nullable GpuSampler sampler) {
        this.sampler = sampler;
    }

    /**
     * What was used.
     *
     * @param seconds how long
     * @param cpuSeconds processor time of all threads
     * @param collections runs of the garbage collector
     * @param collectionMillis time that they took, in which the program stood still
     * @param gpuPercent share of time in which a kernel ran, mean of the samples; NaN where it cannot be asked
     * @param decoderPercent load of the GPU's video decoders, likewise
     */
    record Usage(
            double seconds,
            double cpuSeconds,
            long collections,
            long collectionMillis,
            double gpuPercent,
            double decoderPercent) {

        double cpuCores() {
            return cpuSeconds / seconds;
        }
    }

    /** Starts; watches a GPU where the stages run on one. */
    static ResourceMeter start(OpenedBackend backend) {
        return new ResourceMeter(gpuLoad(backend).map(GpuSampler::begin).orElse(null));
    }

    /** The GPU that the stages run on; empty on a CPU and where its driver cannot be asked. */
    static Optional<GpuLoad> gpuLoad(OpenedBackend backend) {
        String device = backend.device();
        return device.startsWith(CUDA)
                ? GpuLoad.open(Integer.parseInt(device.substring(CUDA.length())))
                : Optional.empty();
    }

    /** Without a GPU. */
    static ResourceMeter start() {
        return new ResourceMeter(null);
    }

    /** Ends and tells. */
    Usage stop() {
        double seconds = (System.nanoTime() - startNanos) / 1e9;
        double cpuSeconds = (cpuNanos() - startCpuNanos) / 1e9;
        close();
        GpuSampler running = sampler;
        return new Usage(
                seconds,
                cpuSeconds,
                collections() - startCollections,
                collectionMillis() - startCollectionMillis,
                running == null ? Double.NaN : running.compute / running.samples,
                running == null ? Double.NaN : running.decoder / running.samples);
    }

    /** Ends without telling; a second call does nothing. */
    @Override
    public void close() {
        if (sampler != null) {
            sampler.end();
        }
    }

    private static long cpuNanos() {
        return SYSTEM instanceof com.sun.management.OperatingSystemMXBean process ? process.getProcessCpuTime() : 0;
    }

    private static long collections() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream()
                .mapToLong(GarbageCollectorMXBean::getCollectionCount)
                .sum();
    }

    private static long collectionMillis() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream()
                .mapToLong(GarbageCollectorMXBean::getCollectionTime)
                .sum();
    }

    /** Adds up what the driver says; read after its thread has ended. */
    private static final class GpuSampler extends Thread {
        private final GpuLoad load;
        private volatile boolean ended;
        private double compute;
        private double decoder;
        private int samples;

        private GpuSampler(GpuLoad load) {
            super("bench-gpu-load");
            this.load = load;
        }

        static GpuSampler begin(GpuLoad load) {
            GpuSampler sampler = new GpuSampler(load);
            sampler.start();
            return sampler;
        }

        @Override
        public void run() {
            try {
                while (!ended) {
                    TimeUnit.MILLISECONDS.sleep(GPU_INTERVAL_MILLIS);
                    compute += load.computePercent();
                    decoder += load.decoderPercent();
                    samples++;
                }
            } catch (InterruptedException stopped) {
                // What was sampled so far is used.
            }
        }

        void end() {
            ended = true;
            Joining.join(List.of(this));
            load.close();
        }
    }
}
