package io.helmwatch.inference.tensorrt;

import io.helmwatch.config.ModelConfig;
import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.cuda.CudaStream;
import io.helmwatch.cuda.DeviceBuffer;
import io.helmwatch.cuda.PinnedBuffer;
import io.helmwatch.inference.onnx.OnnxRuntimeEngine;
import io.helmwatch.inference.onnx.OnnxRuntimeLane;
import io.helmwatch.inference.onnx.WorkerPlan;
import io.helmwatch.vision.DevicePredictions;
import io.helmwatch.vision.DeviceTensorBatch;
import io.helmwatch.vision.HalfFloat;
import io.helmwatch.vision.HostPredictions;
import io.helmwatch.vision.HostTensorBatch;
import io.helmwatch.vision.TensorType;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Random;

/** Compares an engine with ONNX Runtime on the same inputs, value by value. */
public final class EngineAlignment {

    private EngineAlignment() {}

    /**
     * What was found.
     *
     * @param values values compared
     * @param maxAbsolute largest absolute difference of a probability (objectness, classes) or of a box side divided by the input's longer side
     * @param meanAbsolute mean of the same
     * @param maxBoxPixels largest absolute difference of a box coordinate, in model pixels, over rows with an objectness of at least 0.1
     */
    public record Report(long values, double maxAbsolute, double meanAbsolute, double maxBoxPixels) {}

    /**
     * Compares on noise pictures with soft edges.
     *
     * @param device the engine's GPU
     * @param engine the engine
     * @param model the ONNX file it was built from
     * @param config labels and letterbox
     * @param pictures how many, in batches as large as the engine takes
     * @param seed of the pictures
     */
    public static Report compare(
            CudaDevice device, TensorRtEngine engine, Path model, ModelConfig config, int pictures, long seed) {
        Random random = new Random(seed);
        Differences differences = new Differences(
                Math.max(engine.model().input().height(), engine.model().input().width()));
        int batch = Math.min(pictures, engine.largestBatch());
        try (OnnxRuntimeEngine reference =
                        OnnxRuntimeEngine.open(model, config, new WorkerPlan(1, cores(), "comparison"));
                OnnxRuntimeLane hostLane = reference.openLane(batch);
                TensorRtLane lane = engine.openLane(batch)) {
            HostTensorBatch hostInput = hostLane.input();
            DeviceTensorBatch input = (DeviceTensorBatch) lane.input();
            int elements = input.shape().batch() * input.shape().elementsPerImage();
            try (PinnedBuffer staged = new PinnedBuffer(
                    device, "alignment", elements * input.type().bytes())) {
                for (int done = 0; done < pictures; done += batch) {
                    int size = Math.min(batch, pictures - done);
                    fill(hostInput, staged, input.type(), size, random);
                    hostLane.run(size);
                    CudaStream stream = lane.stream();
                    DeviceBuffer.of(input.address(), staged.bytes()).upload(staged, staged.bytes(), stream);
                    lane.run(size);
                    lane.await();
                    compare(device, lane, hostLane.output(), size, stream, differences);
                }
            }
        }
        return differences.report();
    }

    private static int cores() {
        return Runtime.getRuntime().availableProcessors();
    }

    /** The same numbers for both, rounded to what the GPU's input holds. */
    private static void fill(HostTensorBatch host, PinnedBuffer staged, TensorType type, int size, Random random) {
        int count = size * host.shape().elementsPerImage();
        float value = 0.5f;
        for (int i = 0; i < count; i++) {
            if (i % 16 == 0) {
                value = random.nextFloat();
            }
            float sample = Math.max(0, Math.min(1, value + 0.1f * (random.nextFloat() - 0.5f)));
            if (type == TensorType.FP16) {
                short half = HalfFloat.fromFloat(sample);
                staged.view().putShort(2 * i, half);
                sample = HalfFloat.toFloat(half);
            } else {
                staged.view().putFloat(4 * i, sample);
            }
            if (host.type() == TensorType.FP16) {
                host.buffer().putShort(2 * i, HalfFloat.fromFloat(sample));
            } else {
                host.buffer().putFloat(4 * i, sample);
            }
        }
    }

    private static void compare(
            CudaDevice device,
            TensorRtLane lane,
            HostPredictions expected,
            int size,
            CudaStream stream,
            Differences differences) {
        DevicePredictions found = (DevicePredictions) lane.output();
        int row = found.layout().rowElements();
        for (int t = 0; t < found.addresses().size(); t++) {
            FloatBuffer reference = expected.tensors().get(t);
            int count = Math.toIntExact((long) reference.capacity() / lane.maxBatch() * size);
            int bytes = count * found.type().bytes();
            try (PinnedBuffer values = new PinnedBuffer(device, "alignment", bytes)) {
                DeviceBuffer.of(found.addresses().get(t), bytes).download(values, bytes, stream);
                stream.synchronize();
                for (int i = 0; i < count; i++) {
                    float value = found.type() == TensorType.FP16
                            ? HalfFloat.toFloat(values.view().getShort(2 * i))
                            : values.view().getFloat(4 * i);
                    float objectness = reference.get(i - i % row + 4);
                    differences.add(i % row < 4, objectness, value, reference.get(i));
                }
            }
        }
    }

    /** Sums up. */
    private static final class Differences {
        private final double side;
        private long values;
        private double max;
        private double sum;
        private double maxPixels;

        Differences(double side) {
            this.side = side;
        }

        void add(boolean box, float objectness, float found, float expected) {
            double difference = Math.abs((double) found - expected);
            if (box && objectness >= 0.1f) {
                maxPixels = Math.max(maxPixels, difference);
            }
            double scaled = box ? difference / side : difference;
            // Not a number counts as the worst.
            max = scaled <= max ? max : scaled;
            sum += scaled;
            values++;
        }

        Report report() {
            return new Report(values, max, sum / Math.max(1, values), maxPixels);
        }
    }
}
