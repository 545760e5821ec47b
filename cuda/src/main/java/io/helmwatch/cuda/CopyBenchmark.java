package io.helmwatch.cuda;

/** What this GPU's memory and its bus give to plain copies: the bounds that kernels and transfers are compared with. */
public final class CopyBenchmark {

    private static final String OWNER = "benchmark";
    private static final long DEVICE_BYTES = 1L << 30;
    private static final int PINNED_BYTES = 256 << 20;
    private static final int COPIES = 8;
    private static final int ROUNDS = 5;

    private CopyBenchmark() {}

    /**
     * Gigabytes (10^9) a second, the best of five rounds.
     *
     * @param device from device memory to device memory; bytes read plus bytes written, as kernels' traffic is counted
     * @param upload from page-locked host memory to the device; bytes copied
     * @param download from the device to page-locked host memory; bytes copied
     */
    public record Rates(double device, double upload, double download) {}

    /** Measures; takes 2 GiB of device and 256 MiB of page-locked memory meanwhile. */
    public static Rates measure(CudaDevice device) {
        try (DeviceBuffer from = new DeviceBuffer(device, OWNER, DEVICE_BYTES);
                DeviceBuffer to = new DeviceBuffer(device, OWNER, DEVICE_BYTES);
                PinnedBuffer host = new PinnedBuffer(device, OWNER, PINNED_BYTES);
                CudaStream stream = new CudaStream(device);
                CudaEvent begin = CudaEvent.timing(device);
                CudaEvent end = CudaEvent.timing(device)) {
            from.fill(1, DEVICE_BYTES, stream);
            double copy = best(stream, begin, end, () -> to.copyFrom(from, DEVICE_BYTES, stream));
            double up = best(stream, begin, end, () -> to.upload(host, PINNED_BYTES, stream));
            double down = best(stream, begin, end, () -> from.download(host, PINNED_BYTES, stream));
            return new Rates(2.0 * DEVICE_BYTES / copy, PINNED_BYTES / up, PINNED_BYTES / down);
        }
    }

    /** Nanoseconds of one copy, so that bytes divided by them are gigabytes a second. */
    private static double best(CudaStream stream, CudaEvent begin, CudaEvent end, Runnable copy) {
        double best = Double.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
            begin.record(stream);
            for (int i = 0; i < COPIES; i++) {
                copy.run();
            }
            end.record(stream);
            end.synchronize();
            best = Math.min(best, end.millisSince(begin) * 1e6 / COPIES);
        }
        return best;
    }
}
