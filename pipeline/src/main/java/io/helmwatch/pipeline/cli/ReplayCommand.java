package io.helmwatch.pipeline.cli;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.StreamConfig;
import io.helmwatch.pipeline.backend.Backends;
import io.helmwatch.pipeline.backend.StageFactory;
import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.pipeline.ring.HelmetPipeline;
import io.helmwatch.pipeline.ring.Stages;
import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.pipeline.service.IncidentAnalyzer;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.VideoFrame;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A recorded clip through the rules of a stream: what incidents would there have been? */
@Command(
        name = "replay",
        description =
                "Plays a clip through the rules of a configured stream as fast as it goes; prints the incidents as JSON lines and,"
                        + " last, a digest. The same clip, configuration and model give the same output.")
final class ReplayCommand implements Callable<Integer> {
    @Mixin
    private ConfigOptions config = new ConfigOptions();

    @Option(
            names = "--stream",
            paramLabel = "ID",
            description = "Stream whose rules apply; by default the only one that has any.")
    private @Nullable String streamId;

    @Option(
            names = "--start",
            paramLabel = "TIME",
            defaultValue = "1970-01-01T00:00:00Z",
            description =
                    "Capture time of the first frame, for schedules and in the output; ${DEFAULT-VALUE} by default.")
    private String start = "";

    @Parameters(paramLabel = "CLIP", description = "The recording.")
    private Path clip = Path.of("");

    @Override
    public Integer call() throws Exception {
        Main.quiet();
        HelmwatchConfig settings = config.load();
        if (!Files.exists(clip)) {
            throw CommandFailure.usage("clip " + clip + ": there is no such file");
        }
        StreamConfig stream = stream(settings);
        long startMillis = startMillis();
        HelmwatchConfig replay = Settings.replay(settings, stream, clip.toString());
        Path network = config.model(settings);
        IncidentPrinter printer = new IncidentPrinter(System.out);
        IncidentAnalyzer rules = new IncidentAnalyzer();
        rules.begin(replay.streams(), replay.incidents(), List.of(printer), null);
        StageFactory factory = Backends.choose(replay.backend());
        String problem;
        try (Stages stages = factory.open(replay, network);
                HelmetPipeline pipeline = HelmetPipeline.start(
                        stages,
                        replay.pipeline(),
                        replay.inference(),
                        List.of(new RecordedTime(startMillis), rules),
                        List.of(),
                        new SimpleMeterRegistry(),
                        1);
                Termination.Registration signals = Termination.onSignal(pipeline::stopAll)) {
            pipeline.add(stages.newSource().apply(replay.streams().get(0)));
            pipeline.awaitStreams();
            problem = problem(pipeline, stream.id());
        }
        rules.close();
        printer.finish();
        if (!problem.isEmpty()) {
            throw CommandFailure.failed(problem, null);
        }
        return 0;
    }

    private static String problem(HelmetPipeline pipeline, String id) {
        for (StreamFeed feed : pipeline.feeds()) {
            if (feed.status().state() == StreamStatus.State.FAILED) {
                return "stream " + id + ": " + feed.status().reason();
            }
        }
        return pipeline.failures().count() == 0
                ? ""
                : pipeline.failures().count() + " frames could not be analysed; --verbose shows why";
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
                        ? wanted.size() + " streams have rules: choose one with --stream, of " + ids
                        : "--stream " + streamId + ": is not among the configured streams " + ids);
    }

    private long startMillis() {
        try {
            return Instant.parse(start).toEpochMilli();
        } catch (DateTimeException e) {
            throw CommandFailure.usage("--start " + start + ": must be a time such as 2026-11-20T12:00:00Z");
        }
    }

    /** Times from the recording instead of the clock, so that a replay can be repeated. */
    private record RecordedTime(long startMillis) implements FrameAnalyzer {
        @Override
        public FrameDetections analyze(FrameDetections detections, VideoFrame frame) {
            return new FrameDetections(
                    detections.stream(),
                    Math.floorDiv(startMillis, 1_000L),
                    detections.sequence(),
                    detections.ptsNanos(),
                    startMillis + detections.ptsNanos() / 1_000_000,
                    detections.size(),
                    detections.model(),
                    detections.detections());
        }

        @Override
        public void close() {}
    }
}
