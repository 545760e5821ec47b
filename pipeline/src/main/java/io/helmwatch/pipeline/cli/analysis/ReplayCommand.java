package io.helmwatch.pipeline.cli.analysis;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.ffmpeg.transcode.Mp4Writer;
import io.helmwatch.pipeline.backend.Backends;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.cli.option.CommandFailure;
import io.helmwatch.pipeline.cli.option.ConfigOptions;
import io.helmwatch.pipeline.cli.option.ModelLabels;
import io.helmwatch.pipeline.cli.option.Settings;
import io.helmwatch.pipeline.cli.process.Console;
import io.helmwatch.pipeline.cli.process.Termination;
import io.helmwatch.pipeline.evaluation.OfflineRun;
import io.helmwatch.pipeline.evaluation.RecordedTime;
import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.pipeline.service.incident.IncidentAnalyzer;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.opencv.FrameDrawing;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Applies the rules of a stream to a recorded clip. */
@Command(
        name = "replay",
        description =
                "Plays a clip through the rules of a configured stream, as fast as possible; prints the incidents as JSON lines and, as"
                        + " the last line, a digest. The same clip, configuration and model print the same output.")
public final class ReplayCommand implements Callable<Integer> {
    @Mixin
    private ConfigOptions config = new ConfigOptions();

    @Option(
            names = "--stream",
            paramLabel = "ID",
            description = "Stream whose rules apply. Default: the only stream that has rules.")
    private @Nullable String streamId;

    @Option(
            names = "--start",
            paramLabel = "TIME",
            defaultValue = "1970-01-01T00:00:00Z",
            description =
                    "Capture time of the first frame, for schedules and in the output. Default: ${DEFAULT-VALUE}.")
    private String start = "";

    @Option(
            names = "--draw",
            paramLabel = "FILE.mp4",
            description =
                    "Writes the analysed frames as a clip (H.264, encoded by OpenH264) with detections, tracks, zones, masks and open"
                            + " incidents drawn. Replaced when it exists. Default: none.")
    private @Nullable Path draw;

    @Parameters(paramLabel = "CLIP", description = "The recording.")
    private Path clip = Path.of("");

    @Override
    public Integer call() throws Exception {
        Console.quiet();
        HelmwatchConfig settings = config.loadOffline();
        if (!Files.exists(clip)) {
            throw CommandFailure.usage("clip " + clip + ": there is no such file");
        }
        StreamConfig stream = stream(settings);
        RecordedTime time = new RecordedTime(startMillis());
        HelmwatchConfig replay = Settings.replay(settings, stream, clip.toString());
        Path model = config.model(settings);
        ModelLabels.check(config.file(), ModelLabels.problem(replay, model));
        IncidentPrinter printer = new IncidentPrinter(System.out);
        OpenIncidents open = new OpenIncidents();
        OfflineRun.Outcome outcome;
        try (IncidentAnalyzer rules = new IncidentAnalyzer();
                Closer drawing = new Closer()) {
            rules.begin(replay.streams(), replay.incidents(), List.of(printer, open), null);
            List<FrameAnalyzer> analyzers = new ArrayList<>(List.of(time, rules));
            ReplayClip drawn = draw == null ? null : drawing.register(clip(draw, replay, rules, open));
            if (drawn != null) {
                analyzers.add(drawn);
            }
            try (OpenedBackend backend = Backends.choose(replay.backend()).open(replay, model);
                    OfflineRun run =
                            OfflineRun.start(backend, replay, analyzers, List.of(), 1, Termination.ON_FATAL_ERROR);
                    Termination.Registration signals = Termination.onSignal(run::stop)) {
                ModelLabels.check(
                        config.file(),
                        ModelLabels.problem(
                                replay, backend.stages().engine().model().labels()));
                outcome = run.play(replay.streams().get(0));
            }
            if (drawn != null && outcome.isComplete()) {
                drawn.finish();
            }
        }
        printer.finish();
        if (!outcome.isComplete()) {
            throw CommandFailure.failed("stream " + stream.id() + ": " + outcome.problem(), null);
        }
        return 0;
    }

    private static ReplayClip clip(Path file, HelmwatchConfig replay, IncidentAnalyzer rules, OpenIncidents open) {
        Path folder = file.toAbsolutePath().getParent();
        if (!file.toString().toLowerCase(Locale.ROOT).endsWith(".mp4") || folder == null || !Files.isWritable(folder)) {
            throw CommandFailure.usage("--draw " + file
                    + ": expected a file that ends in .mp4, in a folder that exists and can be written");
        }
        FrameDrawing drawing = new FrameDrawing(
                replay.streams().get(0).rules(), replay.incidents().tracking(), false);
        return new ReplayClip(drawing, rules, open, new Mp4Writer(file));
    }

    private StreamConfig stream(HelmwatchConfig settings) {
        List<StreamConfig> wanted = settings.streams().stream()
                .filter(stream -> streamId == null
                        ? !stream.rules().rules().isEmpty()
                        : stream.id().equals(streamId))
                .toList();
        if (wanted.size() == 1) {
            return wanted.get(0);
        }
        List<String> ids = settings.streams().stream().map(StreamConfig::id).toList();
        throw CommandFailure.usage(
                streamId == null
                        ? wanted.size() + " streams have rules: choose one of " + ids + " with --stream"
                        : "--stream " + streamId + ": is not among the configured streams " + ids);
    }

    private long startMillis() {
        try {
            return Instant.parse(start).toEpochMilli();
        } catch (DateTimeException e) {
            throw CommandFailure.usage("--start " + start + ": must be a time such as 2026-11-20T12:00:00Z");
        }
    }
}
