package io.helmwatch.inference.tensorrt;

import io.helmwatch.config.CalibrationMethod;
import io.helmwatch.inference.LetterboxedPictures;
import io.helmwatch.inference.ModelException;
import io.helmwatch.inference.OnnxFile;
import io.helmwatch.inference.OnnxGraph;
import io.helmwatch.inference.YoloV5Network;
import io.helmwatch.inference.onnx.TensorProbe;
import io.helmwatch.vision.TensorShape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a network needs to run in INT8: ranges of its tensors, measured on pictures with ONNX Runtime in FP32, kept in a file and used again.
 *
 * <p>Threading: used by one thread.
 */
public final class Int8Calibration {

    private static final Logger LOG = LoggerFactory.getLogger(Int8Calibration.class);

    private final Path model;
    private final OnnxFile file;
    private final ActivationRanges ranges;
    private final List<String> layers;

    private Int8Calibration(Path model, OnnxFile file, ActivationRanges ranges) {
        this.model = model;
        this.file = file;
        this.ranges = ranges;
        Map<String, Double> signalToNoise = network(model).signalToNoise(ranges);
        layers = signalToNoise.entrySet().stream()
                .sorted(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .toList();
    }

    /**
     * Finds the ranges in the cache, or measures and keeps them.
     *
     * @param model the ONNX file
     * @param pictures what to measure on: letterboxed as the model wants it
     * @param method how ranges are chosen
     * @param cache folder of engines
     * @throws ModelException when the model has no convolution that could run in INT8, or cannot be run
     */
    public static Int8Calibration of(Path model, LetterboxedPictures pictures, CalibrationMethod method, Path cache) {
        OnnxFile file = OnnxFile.read(model);
        String key = "model=" + file.sha256() + " pictures=" + pictures.digest() + " count=" + pictures.size()
                + " method=" + method.label();
        Path kept = cacheFile(model, key, cache);
        ActivationRanges known = ActivationRanges.read(kept, key).orElse(null);
        if (known != null) {
            LOG.debug("calibration taken from {}", kept);
            return new Int8Calibration(model, file, known);
        }
        ActivationRanges measured = measure(model, file, pictures, method);
        try {
            measured.write(kept, key);
        } catch (IOException e) {
            LOG.warn("the calibration cannot be kept in {}: {}", kept, e.getMessage());
        }
        return new Int8Calibration(model, file, measured);
    }

    private static Path cacheFile(Path model, String key, Path cache) {
        String digest = HexFormat.of().formatHex(EngineKey.sha256(key.getBytes(StandardCharsets.UTF_8)), 0, 8);
        return cache.resolve(EngineCache.readable(TensorRtEngine.stem(model)) + "-" + digest + ".calibration");
    }

    private static Int8Network network(Path model) {
        OnnxGraph graph = OnnxGraph.read(model);
        graph.widen();
        return new Int8Network(graph);
    }

    private static ActivationRanges measure(
            Path model, OnnxFile file, LetterboxedPictures pictures, CalibrationMethod method) {
        OnnxGraph graph = OnnxGraph.read(model);
        graph.widen();
        List<String> tensors = new Int8Network(graph).tensors();
        if (tensors.isEmpty()) {
            throw new ModelException("model " + model + ": has no convolution that could run in INT8");
        }
        long start = System.nanoTime();
        TensorShape shape = YoloV5Network.inputShapeOf(file);
        Map<String, ActivationHistogram> histograms = new ConcurrentHashMap<>();
        try (TensorProbe probe = TensorProbe.open(graph, "model " + model, tensors, shape)) {
            int batch = shape.batch();
            for (int done = 0; done < pictures.size(); done += batch) {
                int size = Math.min(batch, pictures.size() - done);
                for (int i = 0; i < size; i++) {
                    pictures.load(done + i, probe.input(), i);
                }
                probe.run(values -> {});
                probe.values().values().parallelStream()
                        .forEach(values -> add(
                                histograms.computeIfAbsent(values.name(), name -> new ActivationHistogram()),
                                values,
                                size,
                                batch));
            }
        }
        Map<String, ActivationRanges.Range> ranges = new TreeMap<>();
        histograms.forEach((tensor, histogram) -> {
            float threshold = histogram.threshold(method);
            if (threshold > 0) {
                ranges.put(tensor, new ActivationRanges.Range(threshold, histogram.signalToNoise(threshold)));
            }
        });
        LOG.info(
                "calibrated {} tensors of {} on {} pictures ({}) in {} s",
                ranges.size(),
                model,
                pictures.size(),
                method.label(),
                String.format(Locale.ROOT, "%.1f", (System.nanoTime() - start) / 1e9));
        return new ActivationRanges(ranges);
    }

    /** Of a batch that is not full, only the pictures that are there. */
    private static void add(ActivationHistogram histogram, TensorProbe.Values values, int size, int batch) {
        histogram.add(values.floats(), (int) ((long) values.floats().capacity() * size / batch));
    }

    /** Convolutions that may run in INT8, those that lose most first (signal to noise of their inputs and weights). */
    public List<String> layers() {
        return layers;
    }

    /**
     * Writes the network for TensorRT, with the scales inside.
     *
     * @param kept layers that stay in FP16
     * @param target where to
     * @return how many convolutions run in INT8
     */
    public int write(Set<String> kept, Path target) throws IOException {
        OnnxGraph graph = OnnxGraph.read(model);
        graph.widen();
        int quantized = new Int8Network(graph).quantize(ranges, kept);
        graph.metadata().putIfAbsent("model_name", TensorRtEngine.stem(model));
        graph.metadata().putIfAbsent("model_version", file.sha256().substring(0, 12));
        EngineCache.replace(target, graph.toBytes());
        return quantized;
    }
}
