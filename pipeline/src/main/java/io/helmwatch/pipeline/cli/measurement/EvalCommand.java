package io.helmwatch.pipeline.cli.measurement;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.pipeline.backend.Backends;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.cli.option.BackendOptions;
import io.helmwatch.pipeline.cli.option.CommandFailure;
import io.helmwatch.pipeline.cli.option.GpuOptions;
import io.helmwatch.pipeline.cli.option.Settings;
import io.helmwatch.pipeline.cli.process.Console;
import io.helmwatch.pipeline.cli.process.Termination;
import io.helmwatch.pipeline.evaluation.LabelledImageEvaluation;
import io.helmwatch.pipeline.report.ReportJson;
import io.helmwatch.postprocess.AveragePrecision;
import io.helmwatch.postprocess.DetectionEvaluation;
import io.helmwatch.postprocess.LabelledImages;
import io.helmwatch.postprocess.NmsSettings;
import io.helmwatch.postprocess.ObjectSize;
import io.helmwatch.resource.FailureText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Average precision of a model on labelled images. */
@Command(
        name = "eval",
        description =
                "Runs the model on labelled images (YOLO folders images/ and labels/) and prints the average precision at"
                        + " IoU 0.5 and 0.5:0.95, per class and object size.")
public final class EvalCommand implements Callable<Integer> {
    @Mixin
    private BackendOptions common = new BackendOptions();

    @Mixin
    private GpuOptions gpu = new GpuOptions();

    @Option(
            names = "--data",
            required = true,
            paramLabel = "DIR",
            description = "Folder with images/ and labels/ (YOLO text files: class cx cy w h, as fractions).")
    private Path data = Path.of("");

    @Option(names = "--json", description = "Prints JSON instead of a table.")
    private boolean json;

    /** What {@code --json} prints. */
    private record Report(
            int pictures,
            double meanAt50,
            double meanAt50To95,
            Map<String, AveragePrecision> classes,
            Map<String, Map<String, AveragePrecision>> sizes) {}

    @Override
    public Integer call() throws Exception {
        Console.quiet();
        List<LabelledImages.Entry> images;
        try {
            images = LabelledImages.list(data);
        } catch (IllegalArgumentException refused) {
            throw CommandFailure.usage(String.valueOf(refused.getMessage()));
        } catch (IOException unreadable) {
            throw CommandFailure.failed(data + " cannot be read: " + FailureText.of(unreadable), unreadable);
        }
        HelmwatchConfig config = common.in(gpu.in(Settings.of(
                common.backend(),
                Settings.model(NmsSettings.EVALUATION.confidence(), NmsSettings.EVALUATION.iou()),
                List.of())));
        DetectionEvaluation evaluation;
        try (OpenedBackend backend = Backends.choose(config.backend()).open(config, common.model())) {
            evaluation = LabelledImageEvaluation.evaluate(backend, config, images, Termination.ON_FATAL_ERROR);
        }
        System.out.print(json ? ReportJson.line(report(evaluation)) : table(evaluation));
        return 0;
    }

    private static Report report(DetectionEvaluation evaluation) {
        Map<String, Map<String, AveragePrecision>> sizes = new LinkedHashMap<>();
        evaluation.sizes().forEach((size, classes) -> sizes.put(label(size), classes));
        return new Report(
                evaluation.images(), evaluation.meanAt50(), evaluation.meanAt50To95(), evaluation.classes(), sizes);
    }

    private static String label(ObjectSize size) {
        return size.name().toLowerCase(Locale.ROOT);
    }

    private static String table(DetectionEvaluation evaluation) {
        StringBuilder table = new StringBuilder();
        table.append(String.format(Locale.ROOT, "%-20s %8s %8s %12s%n", "class", "objects", "AP@0.5", "AP@0.5:0.95"));
        evaluation.classes().forEach((label, precision) -> row(table, label, precision));
        table.append(String.format(
                Locale.ROOT,
                "%-20s %8d %8.3f %12.3f%n",
                "mean of classes",
                evaluation.classes().values().stream()
                        .mapToInt(AveragePrecision::objects)
                        .sum(),
                evaluation.meanAt50(),
                evaluation.meanAt50To95()));
        evaluation
                .sizes()
                .forEach((size, classes) ->
                        classes.forEach((label, precision) -> row(table, label(size) + " " + label, precision)));
        table.append(evaluation.images()).append(" images\n");
        return table.toString();
    }

    private static void row(StringBuilder table, String label, AveragePrecision precision) {
        if (precision.objects() > 0) {
            table.append(String.format(
                    Locale.ROOT,
                    "%-20s %8d %8.3f %12.3f%n",
                    label,
                    precision.objects(),
                    precision.at50(),
                    precision.at50To95()));
        }
    }
}
