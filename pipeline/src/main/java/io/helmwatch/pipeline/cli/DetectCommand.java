package io.helmwatch.pipeline.cli;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.StreamConfig;
import io.helmwatch.pipeline.backend.Backends;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.evaluation.MediaFiles;
import io.helmwatch.pipeline.evaluation.OfflineRun;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Detects on images, clips, folders and URLs; prints JSON lines. */
@Command(
        name = "detect",
        description =
                "Detects helmets and heads in images, clips, folders of them and URLs; prints one JSON line per frame.")
final class DetectCommand implements Callable<Integer> {
    @Mixin
    private BackendOptions common = new BackendOptions();

    @Mixin
    private GpuOptions gpu = new GpuOptions();

    @Mixin
    private ThresholdOptions thresholds = new ThresholdOptions();

    @Parameters(paramLabel = "PATH", arity = "1..*", description = "Images, clips, folders, URLs.")
    private List<String> paths = List.of();

    @Override
    public Integer call() throws Exception {
        Main.quiet();
        HelmwatchConfig config = common.in(gpu.in(Settings.of(common.backend(), thresholds.model(0), List.of())));
        Path model = common.model();
        AtomicReference<@Nullable OfflineRun> started = new AtomicReference<>();
        DetectionPrinter printer = new DetectionPrinter(System.out, () -> stop(started.get()));
        try (OpenedBackend backend = Backends.choose(config.backend()).open(config, model);
                OfflineRun run = OfflineRun.start(backend, config, printer);
                Termination.Registration signals = Termination.onSignal(run::stop)) {
            started.set(run);
            return detect(run, printer) ? 0 : 1;
        }
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
                Main.say(String.valueOf(e.getMessage()));
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
                    Main.say(outcome.problem());
                    complete = false;
                }
            }
        }
        return complete && !run.isStopped();
    }
}
