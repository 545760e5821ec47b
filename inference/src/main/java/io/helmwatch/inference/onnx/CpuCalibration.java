package io.helmwatch.inference.onnx;

import io.helmwatch.inference.LetterboxedImages;
import io.helmwatch.inference.ModelException;
import io.helmwatch.inference.ModelFile;
import io.helmwatch.inference.OnnxModel;
import io.helmwatch.inference.PrecisionConverter;
import io.helmwatch.inference.YoloV5Model;
import io.helmwatch.vision.tensor.TensorShape;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;

/**
 * Measures the ranges of a model's tensors on images, in FP32, for INT8 on a CPU.
 *
 * <p>Threading: used by one thread.
 */
public final class CpuCalibration {

    private final ModelFile file;
    /** Those first that lose most in INT8. */
    private final List<String> layers;

    private final Map<String, ValueHistogram> histograms;

    private CpuCalibration(ModelFile file, List<String> layers, Map<String, ValueHistogram> histograms) {
        this.file = file;
        this.layers = layers;
        this.histograms = histograms;
    }

    /**
     * Runs a model on all images.
     *
     * @param progress receives the number of images that are done
     * @throws ModelException when the model cannot be quantised, or cannot be run
     */
    public static CpuCalibration measure(Path path, LetterboxedImages images, IntConsumer progress) {
        ModelFile file = ModelFile.read(path);
        String source = "model " + path;
        OnnxModel model = OnnxModel.read(path);
        PrecisionConverter.toFp32(model);
        QdqQuantizer quantizer = new QdqQuantizer(model, source, Set.of());
        List<String> tensors = quantizer.tensors();
        List<String> layers = quantizer.layers();
        Map<String, ValueHistogram> histograms = new ConcurrentHashMap<>();
        TensorShape shape = YoloV5Model.inputShapeOf(file);
        try (TensorProbe probe = TensorProbe.open(model, source, tensors, shape)) {
            int batch = shape.batch();
            for (int done = 0; done < images.size(); done += batch) {
                int size = Math.min(batch, images.size() - done);
                for (int i = 0; i < size; i++) {
                    images.load(done + i, probe.input(), i);
                }
                probe.run().values().parallelStream()
                        .forEach(values -> histograms
                                .computeIfAbsent(values.name(), name -> new ValueHistogram())
                                .add(values.floats(), (int)
                                        ((long) values.floats().capacity() * size / batch)));
                progress.accept(done + size);
            }
        }
        return new CpuCalibration(file, layers, histograms);
    }

    /**
     * The ranges.
     *
     * @param clipped share of the values of a tensor that may be outside on each side, 0 for none
     * @param kept share of the convolutions that stay in floating point, those that lose most when their weights are rounded; rounded up
     */
    public QuantizationRanges ranges(double clipped, double kept) {
        Map<String, ValueRange> ranges = new TreeMap<>();
        histograms.forEach((tensor, histogram) -> ranges.put(tensor, histogram.range(clipped)));
        Set<String> inFloat = new HashSet<>(layers.subList(0, (int) Math.ceil(kept * layers.size())));
        return new QuantizationRanges(file.sha256(), clipped, inFloat, ranges);
    }
}
