package io.helmwatch.pipeline.cli.analysis;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.config.rule.StreamRulesConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.backend.Backends;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.cli.option.BackendOptions;
import io.helmwatch.pipeline.cli.option.CommandFailure;
import io.helmwatch.pipeline.cli.option.GpuOptions;
import io.helmwatch.pipeline.cli.option.Settings;
import io.helmwatch.pipeline.cli.option.ThresholdOptions;
import io.helmwatch.pipeline.cli.process.Console;
import io.helmwatch.pipeline.cli.process.Termination;
import io.helmwatch.pipeline.evaluation.MediaFiles;
import io.helmwatch.pipeline.evaluation.OfflineRun;
import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.sinks.opencv.FrameDrawing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Detects on images, clips, folders and URLs; prints JSON lines. */
@Command(
        name = "detect",
        description =
                "Detects helmets and heads in images, clips, folders of them and URLs; prints one JSON line per frame.")
public final class DetectCommand implements Callable<Integer> {
    @Mixin
    private BackendOptions common = new BackendOptions();

    @Mixin
    private GpuOptions gpu = new GpuOptions();

    @Mixin
    private ThresholdOptions thresholds = new ThresholdOptions();

    @Option(
            names = "--draw",
            paramLabel = "DIR",
            description = "Writes each frame as JPEG with its boxes drawn into this folder, as SOURCE-FRAME.jpg."
                    + " Default: none.")
    private @Nullable Path draw;

    @Parameters(paramLabel = "PATH", arity = "1..*", description = "Images, clips, folders, URLs.")
    private List<String> paths = List.of();

    @Override
    public Integer call() throws Exception {
        Console.quiet();
        HelmwatchConfig config = common.in(gpu.in(Settings.of(common.backend(), thresholds.model(0), List.of())));
        Path model = common.model();
        AtomicReference<@Nullable OfflineRun> started = new AtomicReference<>();
        DetectionPrinter printer = new DetectionPrinter(System.out, () -> stop(started.get()));
        try (OpenedBackend backend = Backends.choose(config.backend()).open(config, model);
                OfflineRun run = OfflineRun.start(
                        backend, config, analyzers(printer), List.of(printer), 1, Termination.ON_FATAL_ERROR);
                Termination.Registration signals = Termination.onSignal(run::stop)) {
            started.set(run);
            return detect(run, printer) ? 0 : 1;
        }
    }

    private List<FrameAnalyzer> analyzers(DetectionPrinter printer) {
        Path folder = draw;
        if (folder == null) {
            return List.of();
        }
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw CommandFailure.usage(
                    "--draw " + folder + ": expected a folder that can be written: " + e.getMessage());
        }
        FrameDrawing drawing = new FrameDrawing(StreamRulesConfig.NONE, TrackingConfig.DEFAULT, false);
        return List.of(new FrameDrawer(
                drawing, frame -> folder.resolve(imageName(printer.source(), frame.sequence())), () -> {}));
    }

    /** The last part of a path or URL, with everything replaced that is no plain part of a file name. */
    static String imageName(String source, long frame) {
        String last = source.replaceFirst("[?#].*", "").replaceFirst("/+$", "").replaceFirst(".*/", "");
        return last.replaceAll("[^\\p{L}\\p{N}._-]", "_") + "-" + frame + ".jpg";
    }

    private static void stop(@Nullable OfflineRun run) {
        if (run != null) {
            run.stop();
        }
    }

    /** Plays all paths; false when one of them has a problem or the command was stopped. */
    private boolean detect(OfflineRun run, DetectionPrinter printer) throws InterruptedException {
        boolean complete = true;
        int number = 0;
        for (String path : paths) {
            List<String> media;
            try {
                media = MediaFiles.list(path);
            } catch (IllegalArgumentException | IllegalStateException e) {
                Console.say(String.valueOf(e.getMessage()));
                complete = false;
                continue;
            }
            for (String source : media) {
                if (run.isStopped() || printer.isOutputClosed()) {
                    return false;
                }
                printer.setSource(source);
                OfflineRun.Outcome outcome = run.play(StreamConfig.of("detect-" + number++, source));
                if (!outcome.isComplete()) {
                    Console.say(outcome.problem());
                    complete = false;
                }
            }
        }
        return complete && !run.isStopped();
    }
}
