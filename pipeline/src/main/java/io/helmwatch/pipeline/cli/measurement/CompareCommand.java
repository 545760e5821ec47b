package io.helmwatch.pipeline.cli.measurement;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.helmwatch.config.Backend;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.inference.InputSize;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.pipeline.backend.Backends;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.cli.option.BackendOptions;
import io.helmwatch.pipeline.cli.option.CommandFailure;
import io.helmwatch.pipeline.cli.option.GpuOptions;
import io.helmwatch.pipeline.cli.option.Installation;
import io.helmwatch.pipeline.cli.option.Settings;
import io.helmwatch.pipeline.cli.option.ThresholdOptions;
import io.helmwatch.pipeline.cli.process.Console;
import io.helmwatch.pipeline.cli.process.Termination;
import io.helmwatch.pipeline.evaluation.BackendComparison;
import io.helmwatch.pipeline.evaluation.MediaFiles;
import io.helmwatch.pipeline.evaluation.RecordedFindings;
import io.helmwatch.pipeline.report.ReportJson;
import io.helmwatch.resource.Quantity;
import io.helmwatch.vision.Detection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Compares what two backends, or two models, detect. */
@Command(
        name = "compare",
        description =
                "Runs clips and folders of images through two backends (or models) and compares the detections: matched, missing and"
                        + " extra boxes, boxes too near the threshold to decide, and how far matched ones differ. Exit code 1 beyond"
                        + " the tolerance.")
public final class CompareCommand implements Callable<Integer> {
    @Mixin
    private BackendOptions common = new BackendOptions();

    @Mixin
    private GpuOptions gpu = new GpuOptions();

    @Option(
            names = "--reference",
            paramLabel = "BACKEND",
            defaultValue = "cpu",
            description = "The backend to compare with: auto, cpu or cuda. Default: ${DEFAULT-VALUE}.")
    private Backend reference = Backend.CPU;

    @Option(
            names = "--reference-model",
            paramLabel = "FILE",
            description = "The model of the reference. Default: that of --model.")
    private @Nullable Path referenceModel;

    @Option(
            names = "--reference-input",
            paramLabel = "SIZE",
            converter = BackendOptions.InputSizeConverter.class,
            description = "The size of the input of the reference, as --input. Default: fit.")
    private InputSize referenceInput = InputSize.FIT;

    @Mixin
    private ThresholdOptions thresholds = new ThresholdOptions();

    @Option(
            names = "--margin",
            paramLabel = "M",
            defaultValue = "0.05",
            description =
                    "Boxes of one side only whose confidence is less than this above the threshold are counted as near."
                            + " Default: ${DEFAULT-VALUE}.")
    private double margin;

    @Option(
            names = "--tolerance",
            paramLabel = "SHARE",
            defaultValue = "0.01",
            description = "Largest accepted share of missing and extra boxes. Default: ${DEFAULT-VALUE}.")
    private double tolerance;

    @Option(names = "--json", description = "Prints JSON instead of a table.")
    private boolean json;

    @Parameters(paramLabel = "PATH", arity = "1..*", description = "Clips, images, folders of them.")
    private List<Path> paths = List.of();

    /** What is printed. */
    private record Report(String reference, String compared, List<Line> sources) {}

    private record Line(String source, @JsonUnwrapped BackendComparison.Summary summary) {}

    @Override
    public Integer call() throws Exception {
        Console.quiet();
        ThresholdOptions.share("--margin", margin);
        ThresholdOptions.share("--tolerance", tolerance);
        ModelConfig wanted = thresholds.model(margin);
        List<String> sources = new ArrayList<>();
        for (Path path : paths) {
            if (!Files.exists(path)) {
                throw CommandFailure.usage(path + " does not exist: expected a clip, an image or a folder");
            }
            sources.addAll(MediaFiles.sources(path));
        }
        Path model = common.model();
        Path other = Installation.model(referenceModel == null ? model : referenceModel);
        Thread self = Thread.currentThread();
        try (Termination.Registration signals = Termination.onSignal(self::interrupt)) {
            RecordedFindings expected = record(
                    reference,
                    other,
                    wanted,
                    sources,
                    config -> config.withModel(config.model().withInput(referenceInput)));
            RecordedFindings found = record(common.backend(), model, wanted, sources, common::in);
            return compare(expected, found, sources);
        } catch (InterruptedException ended) {
            return 1;
        }
    }

    private RecordedFindings record(
            Backend wantedBackend,
            Path model,
            ModelConfig wanted,
            List<String> sources,
            UnaryOperator<HelmwatchConfig> form)
            throws InterruptedException {
        HelmwatchConfig config = form.apply(gpu.in(Settings.of(wantedBackend, wanted, List.of())));
        try (OpenedBackend backend = Backends.choose(config.backend()).open(config, model)) {
            return RecordedFindings.record(backend, config, sources, Termination.ON_FATAL_ERROR);
        }
    }

    private int compare(RecordedFindings expected, RecordedFindings found, List<String> sources) {
        BackendComparison total = new BackendComparison(thresholds.confidence(), margin);
        List<Line> lines = new ArrayList<>();
        boolean sameFrames = true;
        for (String source : sources) {
            SortedMap<Long, List<Detection>> ours = found.frames(source);
            SortedMap<Long, List<Detection>> theirs = expected.frames(source);
            if (!theirs.keySet().equals(ours.keySet())) {
                sameFrames = false;
                Console.say(source + ": the reference analysed " + Quantity.of(theirs.size(), "frame") + ", the other "
                        + ours.size() + ": expected the same frames");
            }
            BackendComparison comparison = new BackendComparison(thresholds.confidence(), margin);
            theirs.forEach((frame, boxes) -> {
                List<Detection> others = ours.get(frame);
                if (others != null) {
                    comparison.add(boxes, others);
                }
            });
            total.add(comparison);
            lines.add(new Line(source, comparison.summary()));
        }
        lines.add(new Line("all", total.summary()));
        Report report = new Report(expected.description(), found.description(), lines);
        System.out.print(json ? ReportJson.line(report) : table(report));
        return sameFrames && total.summary().unmatchedShare() <= tolerance ? 0 : 1;
    }

    private static String table(Report report) {
        StringBuilder table = new StringBuilder();
        table.append("reference: ").append(report.reference()).append('\n');
        table.append("compared:  ").append(report.compared()).append("\n\n");
        table.append(
                "frames    boxes  matched  missing  extra   near  mean px   max px  mean conf  max conf  source\n");
        for (Line line : report.sources()) {
            BackendComparison.Summary summary = line.summary();
            table.append(String.format(
                    Locale.ROOT,
                    "%6d %8d %8d %8d %6d %6d %8.3f %8.2f %10.4f %9.3f  %s%n",
                    summary.frames(),
                    summary.boxes(),
                    summary.matched(),
                    summary.missing(),
                    summary.extra(),
                    summary.near(),
                    summary.meanPixels(),
                    summary.maxPixels(),
                    summary.meanConfidence(),
                    summary.maxConfidence(),
                    line.source()));
        }
        return table.toString();
    }
}
