package io.helmwatch.inference.tensorrt;

import io.helmwatch.config.inference.CalibrationMethod;
import io.helmwatch.inference.LetterboxedImages;
import io.helmwatch.inference.ModelException;
import io.helmwatch.inference.ModelFile;
import io.helmwatch.inference.OnnxModel;
import io.helmwatch.inference.PrecisionConverter;
import io.helmwatch.inference.YoloV5Model;
import io.helmwatch.inference.onnx.TensorProbe;
import io.helmwatch.resource.AtomicFile;
import io.helmwatch.resource.AtomicFile.Durability;
import io.helmwatch.resource.ConstantName;
import io.helmwatch.vision.tensor.TensorShape;
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
 * Calibration of a model for INT8 with TensorRT: ranges of its tensors, measured on images with ONNX Runtime in FP32 and cached in a file.
 *
 * <p>Threading: used by one thread.
 */
public final class Int8Calibration {

    private static final Logger LOG = LoggerFactory.getLogger(Int8Calibration.class);

    private final Path model;
    private final ModelFile file;
    private final ActivationRanges ranges;
    private final List<String> layers;

    private Int8Calibration(Path model, ModelFile file, ActivationRanges ranges) {
        this.model = model;
        this.file = file;
        this.ranges = ranges;
        Map<String, Double> signalToNoise = new Int8Quantizer(readFp32(model)).signalToNoise(ranges);
        layers = signalToNoise.entrySet().stream()
                .sorted(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .toList();
    }

    /**
     * Reads the ranges from the cache, or measures and stores them.
     *
     * @param model the ONNX file
     * @param images images to measure on, letterboxed for the model
     * @param method how ranges are chosen
     * @param cache folder of engines
     * @throws ModelException when the model has no convolution that could run in INT8, or cannot be run
     */
    public static Int8Calibration of(Path model, LetterboxedImages images, CalibrationMethod method, Path cache) {
        ModelFile file = ModelFile.read(model);
        String key = "model=" + file.sha256() + " pictures=" + images.digest() + " count=" + images.size() + " method="
                + ConstantName.of(method);
        Path cached = cacheFile(file, key, cache);
        ActivationRanges known = ActivationRanges.read(cached, key).orElse(null);
        if (known != null) {
            LOG.debug("Calibration read from {}", cached);
            return new Int8Calibration(model, file, known);
        }
        ActivationRanges measured = measure(model, file, images, method);
        try {
            measured.write(cached, key);
        } catch (IOException e) {
            LOG.warn("Calibration not stored in {}: {}; the next start measures again", cached, e.getMessage());
        }
        return new Int8Calibration(model, file, measured);
    }

    private static Path cacheFile(ModelFile file, String key, Path cache) {
        String digest = HexFormat.of().formatHex(EngineKey.sha256(key.getBytes(StandardCharsets.UTF_8)), 0, 8);
        return cache.resolve(EngineCache.fileNamePart(file.stem()) + "-" + digest + ".calibration");
    }

    private static OnnxModel readFp32(Path path) {
        OnnxModel model = OnnxModel.read(path);
        PrecisionConverter.toFp32(model);
        return model;
    }

    private static ActivationRanges measure(
            Path model, ModelFile file, LetterboxedImages images, CalibrationMethod method) {
        OnnxModel fp32 = readFp32(model);
        List<String> tensors = new Int8Quantizer(fp32).tensors();
        if (tensors.isEmpty()) {
            throw new ModelException("model " + model + ": has no convolution that can run in INT8");
        }
        long start = System.nanoTime();
        TensorShape shape = YoloV5Model.inputShapeOf(file);
        Map<String, ActivationHistogram> histograms = new ConcurrentHashMap<>();
        try (TensorProbe probe = TensorProbe.open(fp32, "model " + model, tensors, shape)) {
            int batch = shape.batch();
            for (int done = 0; done < images.size(); done += batch) {
                int size = Math.min(batch, images.size() - done);
                for (int i = 0; i < size; i++) {
                    images.load(done + i, probe.input(), i);
                }
                probe.run().values().parallelStream()
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
                "Calibrated {} tensors of {} on {} images ({}) in {} s",
                ranges.size(),
                model,
                images.size(),
                ConstantName.of(method),
                String.format(Locale.ROOT, "%.1f", (System.nanoTime() - start) / 1e9));
        return new ActivationRanges(ranges);
    }

    /** Adds only the images that an incomplete batch has. */
    private static void add(ActivationHistogram histogram, TensorProbe.Values values, int size, int batch) {
        histogram.add(values.floats(), (int) ((long) values.floats().capacity() * size / batch));
    }

    /** Convolutions that can run in INT8, by rising signal-to-noise ratio of their inputs and weights. */
    public List<String> layers() {
        return layers;
    }

    /**
     * Writes the model for TensorRT, with Q/DQ nodes.
     *
     * @param excluded layers that stay FP16
     * @param target the file to write
     * @return number of convolutions that run in INT8
     */
    public int write(Set<String> excluded, Path target) throws IOException {
        OnnxModel quantized = readFp32(model);
        int convolutions = new Int8Quantizer(quantized).quantize(ranges, excluded);
        quantized.metadata().putIfAbsent("model_name", file.stem());
        quantized.metadata().putIfAbsent("model_version", file.sha256().substring(0, 12));
        AtomicFile.replace(target, quantized.toBytes(), Durability.CACHED);
        return convolutions;
    }
}
