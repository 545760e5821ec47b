package io.helmwatch.pipeline.cli.analysis;

import io.helmwatch.config.Backend;
import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.backend.Backends;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.cli.option.CommandFailure;
import io.helmwatch.pipeline.cli.option.Installation;
import io.helmwatch.pipeline.cli.option.Settings;
import io.helmwatch.pipeline.cli.process.Console;
import io.helmwatch.pipeline.cli.process.Termination;
import io.helmwatch.pipeline.evaluation.OfflineRun;
import io.helmwatch.sinks.opencv.FrameDrawing;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** One frame of a camera with zones, masks, boxes and the coordinate grid drawn. */
@Command(
        name = "snapshot",
        description =
                "Takes one frame of a camera, clip or image and writes it as JPEG with boxes, the zones and masks of the"
                        + " configuration, and a grid of the coordinates 0 to 1 that zones are written in.")
public final class SnapshotCommand implements Callable<Integer> {
    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            description = "Configuration (YAML) with the stream. Default: none, SOURCE is a URL or path.")
    private @Nullable Path file;

    @Option(
            names = "--model",
            paramLabel = "FILE",
            description = "ONNX export of YOLOv5. Default: the configured one, else the shipped helmet model.")
    private @Nullable Path model;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            defaultValue = "snapshot.jpg",
            description = "The JPEG file, replaced when it exists. Default: ${DEFAULT-VALUE}.")
    private Path output = Path.of("snapshot.jpg");

    @Parameters(paramLabel = "URL|STREAM", description = "Id of a configured stream, or a URL or path.")
    private String source = "";

    @Override
    public Integer call() throws Exception {
        Console.quiet();
        HelmwatchConfig settings = file == null
                ? Settings.of(Backend.AUTO, ModelConfig.DEFAULT, List.of())
                : ConfigLoader.load(file, ConfigLoader.Purpose.OFFLINE);
        StreamConfig stream = stream(settings);
        HelmwatchConfig quick = Settings.offline(settings);
        Path network = Installation.model(model == null ? settings.model().path() : model);
        FrameDrawing drawing =
                new FrameDrawing(stream.rules(), settings.incidents().tracking(), true);
        AtomicBoolean written = new AtomicBoolean();
        AtomicReference<@Nullable OfflineRun> running = new AtomicReference<>();
        FrameDrawer drawer = new FrameDrawer(drawing, frame -> output, () -> {
            written.set(true);
            OfflineRun run = running.get();
            if (run != null) {
                run.stop();
            }
        });
        OfflineRun.Outcome outcome;
        try (OpenedBackend backend = Backends.choose(quick.backend()).open(quick, network);
                OfflineRun run = OfflineRun.start(
                        backend, quick, List.of(new FirstFrame(drawer)), List.of(), 1, Termination.ON_FATAL_ERROR);
                Termination.Registration signals = Termination.onSignal(run::stop)) {
            running.set(run);
            outcome = run.play(stream);
        }
        if (!written.get()) {
            throw CommandFailure.failed(
                    outcome.isComplete() ? source + ": no frame was received" : outcome.problem(), null);
        }
        System.out.println(output);
        return 0;
    }

    /** The configured stream of that id or address, else the source itself. */
    private StreamConfig stream(HelmwatchConfig settings) {
        for (StreamConfig stream : settings.streams()) {
            if (stream.id().equals(source) || stream.url().equals(source)) {
                return stream;
            }
        }
        if (file != null
                && source.matches("[A-Za-z0-9._-]+")
                && !Path.of(source).toFile().exists()) {
            throw CommandFailure.usage(source + ": is neither a file nor among the configured streams "
                    + settings.streams().stream().map(StreamConfig::id).toList());
        }
        return StreamConfig.of("snapshot", source);
    }
}
