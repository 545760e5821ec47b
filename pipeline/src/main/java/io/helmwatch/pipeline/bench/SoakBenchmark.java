package io.helmwatch.pipeline.bench;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.cuda.GpuLoad;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.resource.NativeMemory;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Runs the pipeline for a long time and samples throughput and memory, so that growth becomes visible.
 *
 * <p>Threading: one thread. Ownership: the stages are the caller's.
 */
public final class SoakBenchmark {
    private final OpenedBackend backend;
    private final FatalErrorHandler fatalErrors;
    private final HelmwatchConfig config;
    private final List<StreamConfig> streams;

    /**
     * One sample.
     *
     * @param seconds since the first frames
     * @param measured the time since the last sample
     * @param heapBytes heap in use after a collection
     * @param nativeBytes native memory recorded in the ledger, of host and device
     * @param gpuBytes device memory in use on the GPU, by all processes; 0 where unknown
     */
    public record Sample(
            double seconds, MeasuredPipeline.Measurement measured, long heapBytes, long nativeBytes, long gpuBytes) {}

    /**
     * Creates the benchmark.
     *
     * @param fatalErrors handles the loss of the device
     */
    public SoakBenchmark(
            OpenedBackend backend, HelmwatchConfig config, List<StreamConfig> streams, FatalErrorHandler fatalErrors) {
        this.fatalErrors = fatalErrors;
        this.backend = backend;
        this.config = config;
        this.streams = streams;
    }

    /**
     * Runs.
     *
     * @param totalNanos duration
     * @param count number of samples, evenly spaced
     * @param each receives every sample
     */
    public List<Sample> run(long totalNanos, int count, Consumer<Sample> each) throws InterruptedException {
        List<Sample> samples = new ArrayList<>();
        Optional<GpuLoad> gpu = ResourceMeter.gpuLoad(backend);
        try (MeasuredPipeline pipeline = MeasuredPipeline.start(backend, config, streams, 0, fatalErrors)) {
            long begin = System.nanoTime();
            for (int i = 1; i <= count; i++) {
                long until = begin + totalNanos / count * i;
                MeasuredPipeline.Measurement measured = pipeline.measure(Math.max(1, until - System.nanoTime()), false);
                Sample sample = new Sample(
                        (System.nanoTime() - begin) / 1e9,
                        measured,
                        heapAfterCollection(),
                        nativeBytes(),
                        gpu.map(GpuLoad::usedBytes).orElse(0L));
                samples.add(sample);
                each.accept(sample);
            }
        } finally {
            gpu.ifPresent(GpuLoad::close);
        }
        return samples;
    }

    private long nativeBytes() {
        return NativeMemory.bytes(NativeMemory.Kind.HOST, "")
                + NativeMemory.bytes(NativeMemory.Kind.DEVICE, backend.device())
                + NativeMemory.bytes(NativeMemory.Kind.PINNED, backend.device());
    }

    private static long heapAfterCollection() {
        ManagementFactory.getMemoryMXBean().gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
