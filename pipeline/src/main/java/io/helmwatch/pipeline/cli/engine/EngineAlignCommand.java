package io.helmwatch.pipeline.cli.engine;

import io.helmwatch.config.inference.GpuPrecision;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.inference.tensorrt.EngineAlignment;
import io.helmwatch.pipeline.backend.cuda.quantization.OpenedEngine;
import io.helmwatch.pipeline.backend.quantization.DetectionComparison;
import io.helmwatch.pipeline.backend.quantization.DetectionScore;
import io.helmwatch.pipeline.backend.quantization.ImageFolder;
import io.helmwatch.pipeline.backend.quantization.ReferenceRun;
import io.helmwatch.pipeline.cli.option.CommandFailure;
import io.helmwatch.vision.tensor.PredictionLayout;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code engine align}. */
@Command(
        name = "align",
        description = "Compares an engine with ONNX Runtime on the same inputs; exit code 1 beyond the tolerance.")
final class EngineAlignCommand implements Callable<Integer> {
    /**
     * Differences that rounding explains.
     *
     * @param difference largest difference of values 0..1
     * @param recall smallest share of the boxes of FP32 that are found
     */
    private record Tolerance(double difference, double recall) {
        static Tolerance of(GpuPrecision precision) {
            return switch (precision) {
                case FP32 -> new Tolerance(0.002, 0.99);
                case FP16 -> new Tolerance(0.03, 0.98);
                // Single values may differ a lot; boxes decide.
                case INT8 -> new Tolerance(1, 0.9);
            };
        }
    }

    @Mixin
    private EngineSelection selection = new EngineSelection();

    @Option(
            names = {"--images", "--pictures"},
            paramLabel = "N",
            defaultValue = "16",
            description = "Number of images: noise, or those of --images-from. Default: ${DEFAULT-VALUE}.")
    private int images;

    @Option(
            names = {"--images-from", "--pictures-from"},
            paramLabel = "DIR",
            description = "Folder of images to compare on; boxes are compared, too.")
    private @Nullable Path folder;

    @Option(
            names = "--tolerance",
            paramLabel = "T",
            description = "Largest difference of values 0..1. Default: 0.002 for fp32, 0.03 for fp16, 1 for int8.")
    private @Nullable Double tolerance;

    @Option(
            names = "--recall",
            paramLabel = "R",
            description =
                    "Smallest share of the boxes of FP32 that must be found. Default: 0.99 for fp32, 0.98 for fp16, 0.9 for int8.")
    private @Nullable Double recall;

    @Override
    public Integer call() {
        if (images < 1) {
            throw CommandFailure.usage("--images " + images + ": expected at least 1");
        }
        try (CudaDevice device = selection.openDevice();
                OpenedEngine opened = selection.open(device)) {
            Tolerance usual = Tolerance.of(opened.engine().options().precision());
            double allowed = tolerance != null ? tolerance : usual.difference();
            if (folder == null) {
                EngineAlignment.Report report = EngineAlignment.compare(
                        device, opened.engine(), opened.model(), selection.modelConfig(), images, 1);
                print(report, images, decodes(opened));
                return verdict(report.maxAbsolute() <= allowed, report, allowed, "");
            }
            try (ImageFolder all = ImageFolder.open(folder, opened.engine().model())) {
                ImageFolder sample = all.part(i -> i < images);
                EngineAlignment.Report report = EngineAlignment.compare(
                        device, opened.engine(), opened.model(), selection.modelConfig(), sample);
                print(report, sample.size(), decodes(opened));
                DetectionScore score = boxes(device, opened, sample);
                double wanted = recall != null ? recall : usual.recall();
                boolean good = report.maxAbsolute() <= allowed && !(score.recall() < wanted);
                return verdict(
                        good,
                        report,
                        allowed,
                        String.format(
                                Locale.ROOT,
                                "; %.4f of the boxes of FP32 found (at least %.4f required)",
                                score.recall(),
                                wanted));
            }
        } catch (IllegalArgumentException wrong) {
            throw CommandFailure.usage(String.valueOf(wrong.getMessage()));
        }
    }

    private DetectionScore boxes(CudaDevice device, OpenedEngine opened, ImageFolder images) {
        DetectionComparison comparison =
                new DetectionComparison(images, opened.engine().model(), ModelConfig.DEFAULT.confidence());
        ReferenceRun.reference(opened.model(), selection.modelConfig(), comparison);
        return opened.compare(device, comparison);
    }

    /** Whether the outputs hold boxes; raw heads hold logits. */
    private static boolean decodes(OpenedEngine opened) {
        return opened.engine().model().output().kind() == PredictionLayout.Kind.DECODED;
    }

    private static void print(EngineAlignment.Report report, int images, boolean boxes) {
        for (EngineAlignment.Output output : report.outputs()) {
            System.out.printf(
                    Locale.ROOT,
                    "%s: %d values of %d images; largest difference %.6f, mean %.8f%s%n",
                    output.name(),
                    output.values(),
                    images,
                    output.maxAbsolute(),
                    output.meanAbsolute(),
                    boxes
                            ? String.format(Locale.ROOT, "; boxes differ by at most %.3f pixels", output.maxBoxPixels())
                            : "");
        }
    }

    private static int verdict(boolean good, EngineAlignment.Report report, double allowed, String more) {
        System.out.printf(
                Locale.ROOT,
                "%s: largest difference %.6f (tolerance %.6f), mean %.8f%s%n",
                good ? "ok" : "WRONG",
                report.maxAbsolute(),
                allowed,
                report.meanAbsolute(),
                more);
        return good ? 0 : 1;
    }
}
