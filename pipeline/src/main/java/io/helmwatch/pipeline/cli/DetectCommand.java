package io.helmwatch.pipeline.cli;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.StreamConfig;
import io.helmwatch.pipeline.backend.Backends;
import io.helmwatch.pipeline.backend.StageFactory;
import io.helmwatch.pipeline.ring.HelmetPipeline;
import io.helmwatch.pipeline.ring.Stages;
import io.helmwatch.sinks.DetectionJson;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamStatus;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Pictures and clips in, JSON lines out. */
@Command(
        name = "detect",
        description =
                "Finds helmets and heads in pictures, clips, folders of them and URLs; prints one JSON line per frame.")
final class DetectCommand implements Callable<Integer> {
    private static final Set<String> MEDIA = Set.of(
            "jpg", "jpeg", "png", "bmp", "webp", "gif", "mp4", "m4v", "mov", "mkv", "webm", "avi", "ts", "h264", "264",
            "hevc", "h265", "265", "mjpeg", "mpg", "mpeg", "3gp", "wmv", "flv", "ivf", "obu");

    @Mixin
    private BackendOptions common = new BackendOptions();

    @Mixin
    private GpuOptions gpu = new GpuOptions();

    @Mixin
    private ThresholdOptions thresholds = new ThresholdOptions();

    @Parameters(paramLabel = "PATH", arity = "1..*", description = "Pictures, clips, folders, URLs.")
    private List<String> paths = List.of();

    @Override
    public Integer call() throws Exception {
        Main.quiet();
        HelmwatchConfig config = gpu.in(Settings.of(common.backend(), thresholds.model(0), List.of()));
        Path model = common.model();
        StageFactory factory = Backends.choose(config.backend());
        return run(config, factory, model) ? 0 : 1;
    }

    private boolean run(HelmwatchConfig config, StageFactory factory, Path model) throws Exception {
        boolean good = true;
        LinePrinter printer = new LinePrinter(System.out);
        try (Stages stages = factory.open(config, model);
                HelmetPipeline pipeline = HelmetPipeline.start(
                        stages,
                        config.pipeline(),
                        config.inference(),
                        List.of(),
                        List.of(printer),
                        new SimpleMeterRegistry(),
                        1);
                Termination.Registration signals = Termination.onSignal(pipeline::stopAll)) {
            int number = 0;
            for (String path : paths) {
                List<String> media;
                try {
                    media = mediaAt(path);
                } catch (CommandFailure unusable) {
                    Main.say(String.valueOf(unusable.getMessage()));
                    good = false;
                    continue;
                }
                for (String one : media) {
                    if (Termination.isRequested() || printer.isClosed()) {
                        return false;
                    }
                    good &= detect(pipeline, stages, printer, "detect-" + number++, one);
                }
            }
        }
        return good;
    }

    private static boolean detect(HelmetPipeline pipeline, Stages stages, LinePrinter printer, String id, String path)
            throws Exception {
        printer.begin(path, () -> pipeline.stop(id));
        long failuresBefore = pipeline.failures().count();
        StreamConfig stream = StreamConfig.of(id, path);
        pipeline.add(stages.newSource().apply(stream));
        pipeline.awaitStream(id);
        pipeline.remove(id);
        String problem = printer.end();
        if (problem.isEmpty() && pipeline.failures().count() > failuresBefore) {
            problem = stream.url() + ": " + (pipeline.failures().count() - failuresBefore)
                    + " frames could not be analysed; --verbose shows why";
        }
        if (!problem.isEmpty()) {
            Main.say(problem);
        }
        return problem.isEmpty();
    }

    /** A folder's pictures and clips by name; everything else as it is. */
    static List<String> mediaAt(String path) {
        Path folder;
        try {
            folder = Path.of(path);
        } catch (InvalidPathException notAPath) {
            return List.of(path);
        }
        if (!Files.isDirectory(folder)) {
            return List.of(path);
        }
        try (Stream<Path> files = Files.list(folder)) {
            List<String> media = files.filter(DetectCommand::isMedia)
                    .sorted(io.helmwatch.ingest.ImageFiles.NATURAL_ORDER)
                    .map(Path::toString)
                    .toList();
            if (media.isEmpty()) {
                throw CommandFailure.failed("folder " + path + " holds no pictures or clips", null);
            }
            return media;
        } catch (IOException | java.io.UncheckedIOException unreadable) {
            throw CommandFailure.failed("folder " + path + " cannot be read: check its permissions", unreadable);
        }
    }

    private static boolean isMedia(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        int dot = name.lastIndexOf('.');
        return !name.startsWith(".")
                && dot >= 0
                && MEDIA.contains(name.substring(dot + 1))
                && Files.isRegularFile(file);
    }

    /** Prints on the sink thread; told and asked by the command's thread while no stream runs. */
    private static final class LinePrinter implements DetectionSink {
        private final DetectionJson json = new DetectionJson();
        private final PrintStream out;
        private volatile String path = "";
        private volatile String problem = "";
        private volatile Runnable giveUp = () -> {};
        private volatile boolean closed;

        LinePrinter(PrintStream out) {
            this.out = out;
        }

        void begin(String source, Runnable whenLost) {
            path = source;
            problem = "";
            giveUp = whenLost;
        }

        /** What kept the source from being read; empty when nothing did. */
        String end() {
            return problem;
        }

        /** Whether whoever read the lines has gone. */
        boolean isClosed() {
            return closed;
        }

        @Override
        public String name() {
            return "lines";
        }

        @Override
        public void publish(FrameDetections frame) {
            try {
                json.writeDetectLine(
                        path, frame.sequence(), frame.ptsNanos() / 1_000_000, frame.size(), frame.detections(), out);
            } catch (IOException broken) {
                problem = "standard output cannot be written: " + broken.getMessage();
            }
            // Each line is seen at once, and nobody computes for a reader that is gone.
            if (out.checkError()) {
                closed = true;
                giveUp.run();
            }
        }

        @Override
        public void publish(StreamStatus status) {
            if (status.state() == StreamStatus.State.FAILED) {
                problem = withPath(status.reason());
            } else if (status.state() == StreamStatus.State.OFFLINE) {
                // The service would try again for ever; here somebody waits.
                problem = withPath(status.reason());
                giveUp.run();
            }
        }

        private String withPath(String reason) {
            return reason.contains(path) ? reason : path + ": " + reason;
        }

        @Override
        public void close() {
            // The stream belongs to the process.
        }
    }
}
