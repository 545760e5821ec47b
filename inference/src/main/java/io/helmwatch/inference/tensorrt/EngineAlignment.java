package io.helmwatch.inference.tensorrt;

import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.inference.LetterboxedImages;
import io.helmwatch.inference.onnx.OnnxRuntimeEngine;
import io.helmwatch.inference.onnx.OnnxRuntimeLane;
import io.helmwatch.inference.onnx.WorkerPlan;
import io.helmwatch.vision.tensor.HalfFloat;
import io.helmwatch.vision.tensor.HostPredictions;
import io.helmwatch.vision.tensor.HostTensorBatch;
import io.helmwatch.vision.tensor.PredictionLayout;
import io.helmwatch.vision.tensor.TensorType;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Compares an engine with ONNX Runtime on the same inputs, value by value. Threading: the calling thread, which waits for both. */
public final class EngineAlignment {

    private EngineAlignment() {}

    /**
     * Differences of one output.
     *
     * @param name the output
     * @param values values compared
     * @param maxAbsolute largest absolute difference, of probabilities (objectness, classes, and of raw heads all columns, after the sigmoid) and of
     *     box coordinates divided by the input's longer side
     * @param meanAbsolute mean of the same
     * @param maxBoxPixels largest absolute difference of a box coordinate, in model pixels, over rows with an objectness of at least 0.1; 0 for
     *     raw heads, which hold no boxes
     */
    public record Output(String name, long values, double maxAbsolute, double meanAbsolute, double maxBoxPixels) {}

    /**
     * Differences of all outputs.
     *
     * @param outputs differences by output
     */
    public record Report(List<Output> outputs) {

        /** Keeps its own copy. */
        public Report {
            outputs = List.copyOf(outputs);
        }

        /** Largest absolute difference over all outputs; NaN when any value is NaN. */
        public double maxAbsolute() {
            double max = 0;
            for (Output output : outputs) {
                max = output.maxAbsolute <= max ? max : output.maxAbsolute;
            }
            return max;
        }

        /** Mean absolute difference over all values. */
        public double meanAbsolute() {
            long values = outputs.stream().mapToLong(Output::values).sum();
            return outputs.stream()
                            .mapToDouble(output -> output.meanAbsolute * output.values)
                            .sum()
                    / Math.max(1, values);
        }
    }

    /** Images of noise with soft edges. */
    private record Noise(int size, Random random) implements LetterboxedImages {

        @Override
        public String digest() {
            return "noise";
        }

        @Override
        public void load(int image, HostTensorBatch batch, int index) {
            FloatBuffer samples = batch.buffer().asFloatBuffer();
            int elements = batch.shape().elementsPerImage();
            float value = 0.5f;
            for (int i = 0; i < elements; i++) {
                if (i % 16 == 0) {
                    value = random.nextFloat();
                }
                float sample = value + 0.1f * (random.nextFloat() - 0.5f);
                samples.put(index * elements + i, Math.max(0, Math.min(1, sample)));
            }
        }
    }

    /**
     * Compares on noise.
     *
     * @param device the engine's GPU
     * @param engine the engine
     * @param model an ONNX file that computes the same in FP32
     * @param config labels and letterbox
     * @param images number of images
     * @param seed seed of the noise
     */
    public static Report compare(
            CudaDevice device, TensorRtEngine engine, Path model, ModelConfig config, int images, long seed) {
        return compare(device, engine, model, config, new Noise(images, new Random(seed)));
    }

    /** Compares on given images, in batches as large as the engine takes. */
    public static Report compare(
            CudaDevice device, TensorRtEngine engine, Path model, ModelConfig config, LetterboxedImages images) {
        int batch = Math.min(images.size(), engine.largestBatch());
        try (OnnxRuntimeEngine reference =
                        OnnxRuntimeEngine.open(model, config, new WorkerPlan(1, cores(), "comparison"));
                OnnxRuntimeLane hostLane = reference.openLane(batch);
                HostStagedLane lane = new HostStagedLane(device, engine, batch)) {
            List<Differences> differences = new ArrayList<>();
            engine.outputNames().forEach(name -> differences.add(new Differences(name, engine)));
            for (int done = 0; done < images.size(); done += batch) {
                int size = Math.min(batch, images.size() - done);
                for (int i = 0; i < size; i++) {
                    images.load(done + i, lane.input(), i);
                }
                sameInput(lane.input(), engine.inputType(), hostLane.input(), size);
                hostLane.run(size);
                HostPredictions found = lane.run(size);
                for (int t = 0; t < differences.size(); t++) {
                    differences
                            .get(t)
                            .add(
                                    found.tensors().get(t),
                                    lane.maxBatch(),
                                    hostLane.output().tensors().get(t),
                                    size);
                }
            }
            return new Report(differences.stream().map(Differences::output).toList());
        }
    }

    private static int cores() {
        return Runtime.getRuntime().availableProcessors();
    }

    /** Gives both the same numbers, rounded to the element type of the GPU's input. */
    private static void sameInput(HostTensorBatch input, TensorType type, HostTensorBatch host, int size) {
        int count = size * input.shape().elementsPerImage();
        FloatBuffer samples = input.buffer().asFloatBuffer();
        for (int i = 0; i < count; i++) {
            float sample = samples.get(i);
            if (type == TensorType.FP16) {
                sample = HalfFloat.toFloat(HalfFloat.fromFloat(sample));
            }
            if (host.type() == TensorType.FP16) {
                host.buffer().putShort(2 * i, HalfFloat.fromFloat(sample));
            } else {
                host.buffer().putFloat(4 * i, sample);
            }
        }
    }

    /** Accumulates the differences of one output. */
    private static final class Differences {
        private final String name;
        private final double side;
        private final int row;
        private final boolean raw;
        private long values;
        private double max;
        private double sum;
        private double maxPixels;

        Differences(String name, TensorRtEngine engine) {
            this.name = name;
            side = Math.max(
                    engine.model().input().height(), engine.model().input().width());
            row = engine.model().output().rowElements();
            raw = engine.model().output().kind() != PredictionLayout.Kind.DECODED;
        }

        void add(FloatBuffer found, int batch, FloatBuffer expected, int size) {
            int count = found.capacity() / batch * size;
            for (int i = 0; i < count; i++) {
                if (raw) {
                    add(Math.abs(sigmoid(found.get(i)) - sigmoid(expected.get(i))));
                } else if (i % row < 4) {
                    double pixels = Math.abs((double) found.get(i) - expected.get(i));
                    if (expected.get(i - i % row + 4) >= 0.1f) {
                        maxPixels = pixels <= maxPixels ? maxPixels : pixels;
                    }
                    add(pixels / side);
                } else {
                    add(Math.abs((double) found.get(i) - expected.get(i)));
                }
            }
        }

        private void add(double difference) {
            // NaN counts as the largest difference.
            max = difference <= max ? max : difference;
            sum += difference;
            values++;
        }

        private static double sigmoid(float logit) {
            return 1 / (1 + Math.exp(-logit));
        }

        Output output() {
            return new Output(name, values, max, sum / Math.max(1, values), maxPixels);
        }
    }
}
