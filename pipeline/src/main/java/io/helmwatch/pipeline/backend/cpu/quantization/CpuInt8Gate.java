package io.helmwatch.pipeline.backend.cpu.quantization;

import io.helmwatch.config.inference.CalibrationMethod;
import io.helmwatch.config.inference.Int8Config;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.inference.ModelFile;
import io.helmwatch.inference.ModelInfo;
import io.helmwatch.inference.onnx.CpuCalibration;
import io.helmwatch.inference.onnx.OnnxRuntimeEngine;
import io.helmwatch.inference.onnx.OnnxRuntimeLane;
import io.helmwatch.inference.onnx.QuantizationRanges;
import io.helmwatch.inference.onnx.WorkerPlan;
import io.helmwatch.pipeline.backend.quantization.CalibrationImages;
import io.helmwatch.pipeline.backend.quantization.DetectionComparison;
import io.helmwatch.pipeline.backend.quantization.DetectionScore;
import io.helmwatch.pipeline.backend.quantization.ReferenceRun;
import io.helmwatch.resource.Quantity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes the INT8 form of a model for a CPU: measures ranges on images, compares the detections with FP32 on others, and writes ranges
 * and verdict beside the model. Ranges exist only for a form that was accepted.
 *
 * <p>Threading: used by one thread.
 */
public final class CpuInt8Gate {

    /** Tried in this order until one is accepted; see {@link CpuCalibration#ranges}. */
    private static final List<Attempt> ATTEMPTS = List.of(
            new Attempt(1e-5, 0),
            new Attempt(1e-5, 0.125),
            new Attempt(1e-5, 0.25),
            new Attempt(1e-4, 0),
            new Attempt(0, 0));

    private record Attempt(double clipped, double kept) {}

    private final Path path;
    private final ModelConfig config;
    private final double maxLoss;
    private final Consumer<String> progress;

    /**
     * Creates a gate.
     *
     * @param path the ONNX file
     * @param config labels, letterbox and smallest confidence of a box
     * @param maxLoss largest accepted loss of average precision
     * @param progress receives what is done, in one line
     */
    public CpuInt8Gate(Path path, ModelConfig config, double maxLoss, Consumer<String> progress) {
        this.path = path;
        this.config = config;
        this.maxLoss = maxLoss;
        this.progress = progress;
    }

    /**
     * Calibrates and judges.
     *
     * @param images folder of images to measure on
     * @param check folder of images to judge on; null holds back every fifth of {@code images}
     * @return the verdict, which was written
     * @throws IllegalArgumentException when a folder has no or too few images
     * @throws IOException when ranges or verdict cannot be written
     */
    public CpuInt8Verdict quantize(Path images, @Nullable Path check) throws IOException {
        ModelInfo model = ReferenceRun.describe(path, config);
        Int8Config folders = new Int8Config(images, CalibrationMethod.MINMAX, check, maxLoss, List.of());
        try (CalibrationImages split = CalibrationImages.open(folders, model)) {
            int count = split.calibration().size();
            CpuCalibration calibration = CpuCalibration.measure(path, split.calibration(), done -> {
                if (done % 100 == 0 || done == count) {
                    progress.accept("measured " + done + " of " + count + " images");
                }
            });
            DetectionComparison comparison = new DetectionComparison(split.check(), model, config.confidence());
            DetectionScore fp32 = ReferenceRun.reference(path, config, comparison);
            CpuInt8Verdict verdict = null;
            for (Attempt attempt : ATTEMPTS) {
                QuantizationRanges ranges = calibration.ranges(attempt.clipped(), attempt.kept());
                DetectionScore int8 = run(ranges, comparison);
                verdict = verdict(model, split, comparison, attempt, ranges.kept(), fp32, int8);
                progress.accept(verdict.reason() + ", clipped " + attempt.clipped() + ", "
                        + Quantity.of(ranges.kept().size(), "convolution") + " in FP32");
                if (verdict.accepted()) {
                    ranges.write(path);
                    break;
                }
            }
            if (verdict == null) {
                throw new IllegalStateException("nothing was tried");
            }
            if (!verdict.accepted()) {
                Files.deleteIfExists(QuantizationRanges.fileOf(path));
            }
            verdict.write(QuantizationRanges.verdictOf(path));
            return verdict;
        }
    }

    private DetectionScore run(QuantizationRanges ranges, DetectionComparison comparison) {
        WorkerPlan plan = new WorkerPlan(1, Runtime.getRuntime().availableProcessors(), "comparison");
        try (OnnxRuntimeEngine engine = OnnxRuntimeEngine.openInt8(path, config, ranges, plan);
                OnnxRuntimeLane lane = engine.openLane(1)) {
            return comparison.compare(lane.input(), 1, size -> {
                lane.run(size);
                return lane.output();
            });
        }
    }

    private CpuInt8Verdict verdict(
            ModelInfo model,
            CalibrationImages images,
            DetectionComparison comparison,
            Attempt attempt,
            List<String> kept,
            DetectionScore fp32,
            DetectionScore int8) {
        boolean labelled = comparison.isLabelled();
        double loss = fp32.loss(int8, labelled);
        boolean accepted = loss <= maxLoss;
        int checkImages = images.check().size();
        return new CpuInt8Verdict(
                accepted,
                CpuInt8Verdict.reason(accepted, fp32, int8, checkImages, labelled, maxLoss),
                model.identity().name() + " " + model.identity().version(),
                ModelFile.read(path).sha256(),
                attempt.clipped(),
                kept,
                images.calibration().size(),
                checkImages,
                labelled,
                maxLoss,
                loss,
                fp32,
                int8);
    }
}
