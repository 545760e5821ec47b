package io.helmwatch.pipeline.bench;

import io.helmwatch.cuda.GpuLoad;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.resource.ResidentMemory;
import io.helmwatch.resource.ThreadStop;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.OperatingSystemMXBean;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Resources that the process uses from {@link #start} to {@link #stop}: processor time, garbage collections, and the utilisation of the GPU,
 * which a thread of the meter samples ten times a second.
 *
 * <p>Threading: started and stopped by one thread.
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
     * Used resources.
     *
     * @param seconds duration
     * @param cpuSeconds processor time of all threads
     * @param collections number of garbage collections
     * @param collectionMillis their total pause
     * @param residentBytes physical memory of the process at the end; 0 where unknown
     * @param gpuPercent share of time in which a kernel ran, mean of the samples; NaN where unknown
     * @param decoderPercent utilisation of the GPU's video decoders, likewise
     */
    record Usage(
            double seconds,
            double cpuSeconds,
            long collections,
            long collectionMillis,
            long residentBytes,
            double gpuPercent,
            double decoderPercent) {

        double cpuCores() {
            return cpuSeconds / seconds;
        }
    }

    /** Starts a meter; samples the GPU where the stages run on one. */
    static ResourceMeter start(OpenedBackend backend) {
        return new ResourceMeter(gpuLoad(backend).map(GpuSampler::begin).orElse(null));
    }

    /** The GPU that the stages run on; empty on a CPU and where NVML is not available. */
    static Optional<GpuLoad> gpuLoad(OpenedBackend backend) {
        String device = backend.device();
        return device.startsWith(CUDA)
                ? GpuLoad.open(Integer.parseInt(device.substring(CUDA.length())))
                : Optional.empty();
    }

    /** Starts a meter that samples no GPU. */
    static ResourceMeter start() {
        return new ResourceMeter(null);
    }

    /** Stops the meter and returns what was used. */
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
                ResidentMemory.bytes(),
                running == null ? Double.NaN : running.compute / running.samples,
                running == null ? Double.NaN : running.decoder / running.samples);
    }

    /** Stops the meter; a second call does nothing. */
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

    /** Sums up the samples; read after its thread has ended. */
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
                // The samples so far are used.
            }
        }

        void end() {
            ended = true;
            ThreadStop.joinAll(List.of(this));
            load.close();
        }
    }
}
