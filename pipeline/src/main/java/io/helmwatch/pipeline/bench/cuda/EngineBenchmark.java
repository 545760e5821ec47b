package io.helmwatch.pipeline.bench.cuda;

import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.cuda.CudaEvent;
import io.helmwatch.cuda.DeviceBuffer;
import io.helmwatch.cuda.PinnedBuffer;
import io.helmwatch.inference.tensorrt.TensorRtEngine;
import io.helmwatch.inference.tensorrt.TensorRtLane;
import io.helmwatch.vision.tensor.DevicePredictions;
import io.helmwatch.vision.tensor.DeviceTensorBatch;
import io.helmwatch.vision.tensor.PredictionLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Measures a TensorRT engine as {@code trtexec} does: by batch size, input in device memory, copies measured apart.
 *
 * <p>Threading: one thread.
 */
public final class EngineBenchmark {

    private static final int ROUNDS = 5;

    private EngineBenchmark() {}

    /**
     * Result for one batch size.
     *
     * @param batch images per run
     * @param lanes lanes that take turns
     * @param imagesPerSecond throughput, median of five rounds
     * @param meanMillis mean latency of a run, from enqueueing to its end, one run at a time
     * @param p50Millis median of the same
     * @param p99Millis 99th percentile of the same
     * @param uploadMillis upload of a batch from page-locked memory
     * @param downloadMillis download of its predictions into page-locked memory
     */
    public record Line(
            int batch,
            int lanes,
            double imagesPerSecond,
            double meanMillis,
            double p50Millis,
            double p99Millis,
            double uploadMillis,
            double downloadMillis) {}

    /**
     * Measures one batch size.
     *
     * @param lanes lanes whose runs overlap for the throughput; latency is measured on the first alone
     * @param runs runs per round, at least 10
     */
    public static Line measure(CudaDevice device, TensorRtEngine engine, int batch, int lanes, int runs) {
        List<TensorRtLane> opened = new ArrayList<>();
        try (CudaEvent start = CudaEvent.timing(device);
                CudaEvent end = CudaEvent.timing(device)) {
            for (int i = 0; i < lanes; i++) {
                opened.add(engine.openLane(batch));
            }
            TensorRtLane first = opened.get(0);
            double[] copies = copies(device, first, start, end);
            double[] rates = new double[ROUNDS];
            for (int round = -1; round < ROUNDS; round++) {
                long startNanos = System.nanoTime();
                for (int i = 0; i < runs; i++) {
                    opened.get(i % lanes).run(batch);
                    // As in the pipeline: a lane is reused once its last batch is done.
                    if (i >= lanes - 1) {
                        opened.get((i + 1) % lanes).await();
                    }
                }
                opened.forEach(TensorRtLane::await);
                if (round >= 0) {
                    rates[round] = (double) runs * batch * 1e9 / (System.nanoTime() - startNanos);
                }
            }
            double[] millis = new double[runs];
            double sum = 0;
            for (int i = 0; i < runs; i++) {
                long startNanos = System.nanoTime();
                first.run(batch);
                first.stream().synchronize();
                millis[i] = (System.nanoTime() - startNanos) / 1e6;
                sum += millis[i];
            }
            Arrays.sort(rates);
            Arrays.sort(millis);
            return new Line(
                    batch,
                    lanes,
                    rates[ROUNDS / 2],
                    sum / runs,
                    millis[runs / 2],
                    millis[(int) (runs * 0.99)],
                    copies[0],
                    copies[1]);
        } finally {
            opened.forEach(TensorRtLane::close);
        }
    }

    /**
     * Images per second of launches one behind the other in one stream, timed on the device: the highest throughput of a single
     * stream.
     */
    public static double bareRate(CudaDevice device, TensorRtEngine engine, int batch, int runs) {
        try (TensorRtLane lane = engine.openLane(batch);
                CudaEvent start = CudaEvent.timing(device);
                CudaEvent end = CudaEvent.timing(device)) {
            randomInput(device, lane);
            double[] rates = new double[ROUNDS];
            for (int round = -1; round < ROUNDS; round++) {
                start.record(lane.stream());
                for (int i = 0; i < runs; i++) {
                    lane.run(batch);
                }
                end.record(lane.stream());
                end.synchronize();
                if (round >= 0) {
                    rates[round] = (double) runs * batch * 1e3 / end.millisSince(start);
                }
            }
            Arrays.sort(rates);
            return rates[ROUNDS / 2];
        }
    }

    /** Fills the input with random numbers, since zeros may run faster; returns a view of it. */
    private static DeviceBuffer randomInput(CudaDevice device, TensorRtLane lane) {
        DeviceTensorBatch input = (DeviceTensorBatch) lane.input();
        long bytes = (long) input.shape().batch()
                * input.shape().elementsPerImage()
                * input.type().bytes();
        DeviceBuffer view = DeviceBuffer.of(input.address(), bytes);
        Random random = new Random(1);
        try (PinnedBuffer pinned = new PinnedBuffer(device, "benchmark", Math.toIntExact(bytes))) {
            if (input.type().bytes() == 2) {
                for (int i = 0; i < bytes / 2; i++) {
                    // 0.25 to 1 in FP16.
                    pinned.view().putShort(2 * i, (short) (0x3400 + random.nextInt(0x800)));
                }
            } else {
                for (int i = 0; i < bytes / 4; i++) {
                    pinned.view().putFloat(4 * i, random.nextFloat());
                }
            }
            view.upload(pinned, bytes, lane.stream());
            lane.stream().synchronize();
        }
        return view;
    }

    private static double[] copies(CudaDevice device, TensorRtLane lane, CudaEvent start, CudaEvent end) {
        DeviceBuffer input = randomInput(device, lane);
        DevicePredictions output = (DevicePredictions) lane.output();
        double up;
        double down;
        try (PinnedBuffer pinned = new PinnedBuffer(device, "benchmark", Math.toIntExact(input.bytes()))) {
            input.download(pinned, input.bytes(), lane.stream());
            start.record(lane.stream());
            input.upload(pinned, input.bytes(), lane.stream());
            end.record(lane.stream());
            end.synchronize();
            up = end.millisSince(start);
        }
        List<PinnedBuffer> pinned = new ArrayList<>();
        try {
            for (int i = 0; i < output.addresses().size(); i++) {
                long bytes = lane.maxBatch()
                        * elements(output.layout(), i)
                        * output.type().bytes();
                pinned.add(new PinnedBuffer(device, "benchmark", Math.toIntExact(bytes)));
            }
            start.record(lane.stream());
            for (int i = 0; i < pinned.size(); i++) {
                long bytes = pinned.get(i).bytes();
                DeviceBuffer.of(output.addresses().get(i), bytes).download(pinned.get(i), bytes, lane.stream());
            }
            end.record(lane.stream());
            end.synchronize();
            down = end.millisSince(start);
        } finally {
            pinned.forEach(PinnedBuffer::close);
        }
        return new double[] {up, down};
    }

    /** Elements of one output for one image. */
    private static long elements(PredictionLayout layout, int output) {
        if (layout.kind() == PredictionLayout.Kind.DECODED) {
            return (long) layout.anchors() * layout.rowElements();
        }
        PredictionLayout.Head head = layout.heads().get(output);
        return head.anchorSizes().size() / 2L * layout.rowElements() * head.rows() * head.columns();
    }
}
