package io.helmwatch.pipeline.bench.cuda;

import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.cuda.CudaEvent;
import io.helmwatch.cuda.CudaStream;
import io.helmwatch.cuda.DeviceBuffer;
import io.helmwatch.resource.Closer;

/**
 * A stream that can be given a backlog of long copies, so that work enqueued behind them never waits for the CPU and the time
 * between two events is the device's alone.
 *
 * <p>Threading: one thread. Ownership: frees stream, events and 1 GiB of device memory on close.
 */
final class BackloggedStream implements AutoCloseable {
    static final String OWNER = "benchmark";

    private static final long BYTES = 1L << 30;

    private final Closer owned;
    private final CudaStream stream;
    private final CudaEvent start;
    private final CudaEvent end;
    private final DeviceBuffer source;
    private final DeviceBuffer target;

    BackloggedStream(CudaDevice device) {
        try (Closer opened = new Closer()) {
            stream = opened.register(new CudaStream(device));
            start = opened.register(CudaEvent.timing(device));
            end = opened.register(CudaEvent.timing(device));
            source = opened.register(new DeviceBuffer(device, OWNER, BYTES));
            target = DeviceBuffer.of(source.address() + BYTES / 2, BYTES / 2);
            owned = opened.transfer();
        }
    }

    CudaStream stream() {
        return stream;
    }

    /** Enqueues a backlog of copies, a quarter of a millisecond or so each, then the work; returns the device's time for it. */
    double micros(int copies, Runnable work) {
        for (int i = 0; i < copies; i++) {
            target.copyFrom(source, BYTES / 2, stream);
        }
        start.record(stream);
        work.run();
        end.record(stream);
        end.synchronize();
        return end.millisSince(start) * 1e3;
    }

    @Override
    public void close() {
        owned.close();
    }
}
