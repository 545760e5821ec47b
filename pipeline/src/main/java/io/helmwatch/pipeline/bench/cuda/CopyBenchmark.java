package io.helmwatch.pipeline.bench.cuda;

import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.cuda.CudaEvent;
import io.helmwatch.cuda.CudaStream;
import io.helmwatch.cuda.DeviceBuffer;
import io.helmwatch.cuda.PinnedBuffer;

/** Measures plain copies on a GPU: the upper bounds that kernels and transfers are compared with. */
final class CopyBenchmark {

    private static final String OWNER = "benchmark";
    private static final long DEVICE_BYTES = 1L << 30;
    private static final int PINNED_BYTES = 256 << 20;
    private static final int COPIES = 8;
    private static final int ROUNDS = 5;

    private CopyBenchmark() {}

    /**
     * Copy rates in gigabytes (10^9 bytes) per second, the best of five rounds.
     *
     * @param device from device memory to device memory; bytes read plus bytes written, as the traffic of kernels is counted
     * @param upload from page-locked host memory to the device; bytes copied
     * @param download from the device to page-locked host memory; bytes copied
     */
    record Rates(double device, double upload, double download) {}

    /** Measures; allocates 2 GiB of device memory and 256 MiB of page-locked memory for the duration of the call. */
    static Rates measure(CudaDevice device) {
        try (DeviceBuffer from = new DeviceBuffer(device, OWNER, DEVICE_BYTES);
                DeviceBuffer to = new DeviceBuffer(device, OWNER, DEVICE_BYTES);
                PinnedBuffer host = new PinnedBuffer(device, OWNER, PINNED_BYTES);
                CudaStream stream = new CudaStream(device);
                CudaEvent start = CudaEvent.timing(device);
                CudaEvent end = CudaEvent.timing(device)) {
            from.fill(1, DEVICE_BYTES, stream);
            double copy = bestNanos(stream, start, end, () -> to.copyFrom(from, DEVICE_BYTES, stream));
            double upload = bestNanos(stream, start, end, () -> to.upload(host, PINNED_BYTES, stream));
            double download = bestNanos(stream, start, end, () -> from.download(host, PINNED_BYTES, stream));
            return new Rates(2.0 * DEVICE_BYTES / copy, PINNED_BYTES / upload, PINNED_BYTES / download);
        }
    }

    /** Nanoseconds per copy: bytes divided by them are gigabytes per second. */
    private static double bestNanos(CudaStream stream, CudaEvent start, CudaEvent end, Runnable copy) {
        double best = Double.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
            start.record(stream);
            for (int i = 0; i < COPIES; i++) {
                copy.run();
            }
            end.record(stream);
            end.synchronize();
            best = Math.min(best, end.millisSince(start) * 1e6 / COPIES);
        }
        return best;
    }
}
