package io.helmwatch.pipeline.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.ModelConfig;
import io.helmwatch.config.StreamConfig;
import io.helmwatch.ingest.StreamProbe;
import io.helmwatch.ingest.ffmpeg.FfmpegFrameSource;
import io.helmwatch.pipeline.backend.Backends;
import io.helmwatch.pipeline.backend.StageFactory;
import io.helmwatch.pipeline.backend.cuda.CudaStageFactory;
import io.helmwatch.pipeline.bench.BenchReport;
import io.helmwatch.pipeline.bench.LiveBenchmark;
import io.helmwatch.pipeline.bench.SoakBenchmark;
import io.helmwatch.pipeline.bench.StageBenchmark;
import io.helmwatch.pipeline.bench.cuda.KernelBenchmark;
import io.helmwatch.pipeline.ring.Stages;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** How fast the pipeline is, what share of its slowest part it reaches, how many live streams it holds, and whether it lasts. */
@Command(
        name = "bench",
        description =
                "Measures each stage alone and the whole pipeline on clips, in turn on the same machine: frames per second, latency, memory"
                        + " taken per frame, load, and the share of min(decode, inference) that the whole reaches.")
final class BenchCommand implements Callable<Integer> {
    private static final int MOST_STREAMS = 256;
    private static final int LONGEST_SOAK_MINUTES = 7 * 24 * 60;
    private static final int MOST_SOAK_LOOKS = 20;

    @Mixin
    private BackendOptions common = new BackendOptions();

    @Mixin
    private GpuOptions gpu = new GpuOptions();

    @Option(
            names = "--streams",
            paramLabel = "N",
            split = ",",
            defaultValue = "1",
            description =
                    "How many streams play the clip; 1 by default. Several numbers (1,8,32) are measured in turn.")
    private List<Integer> streams = List.of(1);

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "5",
            description = "How long each stage is measured in all, or each step of --live; 5 by default.")
    private double seconds;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "3",
            description = "Rounds over all stages, of which the median counts; 3 by default.")
    private int rounds;

    @Option(
            names = "--live",
            description = "Finds how many streams at the clip's own rate are held with p99 under 100 ms and no frame"
                    + " dropped, beginning with --streams.")
    private boolean live;

    @Option(
            names = "--soak",
            paramLabel = "MINUTES",
            description = "Runs --streams for so long and watches speed and memory.")
    private double soakMinutes;

    @Option(
            names = "--kernels",
            description =
                    "Measures our GPU kernels in place of a pipeline: the letterbox against the copy rate, and boxes.")
    private boolean kernels;

    @Option(names = "--json", description = "Prints JSON in place of a table.")
    private boolean json;

    @Option(names = "--json-file", paramLabel = "FILE", description = "Writes JSON there, too.")
    private @Nullable Path jsonFile;

    @Parameters(paramLabel = "CLIP", arity = "0..*", description = "The clips; the bundled one by default.")
    private List<Path> clips = List.of();

    @Override
    public Integer call() throws Exception {
        Main.quiet();
        check();
        List<Path> files = clips.isEmpty() && !kernels ? List.of(Installation.demoClip()) : clips;
        for (Path file : files) {
            if (!Files.isRegularFile(file)) {
                throw CommandFailure.usage(file + " does not exist: expected a clip");
            }
        }
        HelmwatchConfig config = gpu.in(Settings.of(common.backend(), ModelConfig.DEFAULT, List.of()));
        StringWriter text = new StringWriter();
        Thread self = Thread.currentThread();
        try (Termination.Registration signals = Termination.onSignal(self::interrupt);
                JsonGenerator out = new JsonFactory().createGenerator(text)) {
            if (kernels) {
                Optional<String> problem = new CudaStageFactory().unusable();
                if (problem.isPresent()) {
                    throw CommandFailure.failed("kernels need a GPU: " + problem.get(), null);
                }
                print(KernelBenchmark.run(config.gpu(), out));
            } else {
                measure(files, config, out);
            }
        } catch (InterruptedException ended) {
            return 1;
        }
        if (json) {
            System.out.println(text);
        }
        if (jsonFile != null) {
            Files.writeString(jsonFile, text.append('\n').toString());
        }
        return 0;
    }

    private void check() {
        for (int count : streams) {
            if (count < 1 || count > MOST_STREAMS) {
                throw CommandFailure.usage("--streams " + count + ": must be 1.." + MOST_STREAMS);
            }
        }
        if (!(seconds >= 0.3 && seconds <= 3600)) {
            throw CommandFailure.usage("--seconds " + seconds + ": must be 0.3..3600");
        }
        if (rounds < 1 || rounds > 100) {
            throw CommandFailure.usage("--rounds " + rounds + ": must be 1..100");
        }
        if (!(soakMinutes >= 0 && soakMinutes <= LONGEST_SOAK_MINUTES)) {
            throw CommandFailure.usage("--soak " + soakMinutes + ": must be 0.." + LONGEST_SOAK_MINUTES + " minutes");
        }
    }

    private void measure(List<Path> files, HelmwatchConfig config, JsonGenerator out)
            throws IOException, InterruptedException {
        StageFactory factory = Backends.choose(config.backend());
        try (Stages stages = factory.open(config, common.model())) {
            print(stages.description() + "\n");
            out.writeStartObject();
            out.writeStringField("stages", stages.description());
            out.writeArrayFieldStart("clips");
            for (Path file : files) {
                print("\n" + file.getFileName() + "\n");
                out.writeStartObject();
                out.writeStringField("clip", file.toString());
                if (soakMinutes > 0) {
                    soak(stages, config, file, out);
                } else if (live) {
                    live(stages, config, file, out);
                } else {
                    StageBenchmark.Result result = new StageBenchmark(
                                    stages, config, looped(file, Collections.max(streams)), seconds / rounds)
                            .run(streams, rounds);
                    BenchReport.write(result, out);
                    print(BenchReport.table(stages, result));
                }
                out.writeEndObject();
            }
            out.writeEndArray();
            out.writeEndObject();
        }
    }

    private static List<StreamConfig> looped(Path file, int count) {
        List<StreamConfig> looped = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            looped.add(Settings.file("bench-" + i, file, true));
        }
        return looped;
    }

    private void live(Stages stages, HelmwatchConfig config, Path file, JsonGenerator out)
            throws IOException, InterruptedException {
        StreamProbe probe = FfmpegFrameSource.probe(StreamConfig.of("probe", file.toString()));
        if (!(probe.framesPerSecond() > 0)) {
            throw CommandFailure.failed(file + " does not tell its rate of frames: expected a clip that does", null);
        }
        LiveBenchmark benchmark = new LiveBenchmark(
                stages, config, i -> Settings.realtime("live-" + i, file), probe.framesPerSecond(), seconds);
        print(BenchReport.LIVE_HEAD);
        List<LiveBenchmark.Step> steps =
                benchmark.search(Collections.max(streams), MOST_STREAMS * 2, step -> print(BenchReport.line(step)));
        print(String.format(
                Locale.ROOT, "held: %d streams of %.1f fps%n", LiveBenchmark.held(steps), probe.framesPerSecond()));
        BenchReport.write(steps, probe.framesPerSecond(), out);
    }

    private void soak(Stages stages, HelmwatchConfig config, Path file, JsonGenerator out)
            throws IOException, InterruptedException {
        print(BenchReport.SOAK_HEAD);
        List<SoakBenchmark.Sample> samples = new SoakBenchmark(stages, config, looped(file, Collections.max(streams)))
                .run(
                        (long) (soakMinutes * TimeUnit.MINUTES.toNanos(1)),
                        (int) Math.max(2, Math.min(MOST_SOAK_LOOKS, 2 * soakMinutes)),
                        sample -> print(BenchReport.line(sample)));
        print(BenchReport.growth(samples));
        BenchReport.writeSamples(samples, out);
    }

    /** Tables go out at once, so that a long run is seen to go on. */
    private void print(String text) {
        if (!json) {
            System.out.print(text);
            System.out.flush();
        }
    }
}
