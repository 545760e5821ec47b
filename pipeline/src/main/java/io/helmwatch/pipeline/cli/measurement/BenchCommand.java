package io.helmwatch.pipeline.cli.measurement;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.config.stream.DecodeMode;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.StreamProbe;
import io.helmwatch.ingest.ffmpeg.FfmpegFrameSource;
import io.helmwatch.pipeline.backend.Backends;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.backend.cuda.CudaStageFactory;
import io.helmwatch.pipeline.bench.BenchJson;
import io.helmwatch.pipeline.bench.BenchReport;
import io.helmwatch.pipeline.bench.LiveBenchmark;
import io.helmwatch.pipeline.bench.SoakBenchmark;
import io.helmwatch.pipeline.bench.StageBenchmark;
import io.helmwatch.pipeline.bench.cuda.KernelBenchmark;
import io.helmwatch.pipeline.cli.option.BackendOptions;
import io.helmwatch.pipeline.cli.option.CommandFailure;
import io.helmwatch.pipeline.cli.option.DecodeModeConverter;
import io.helmwatch.pipeline.cli.option.GpuOptions;
import io.helmwatch.pipeline.cli.option.Installation;
import io.helmwatch.pipeline.cli.option.Settings;
import io.helmwatch.pipeline.cli.process.Console;
import io.helmwatch.pipeline.cli.process.Termination;
import io.helmwatch.pipeline.report.ReportJson;
import io.helmwatch.resource.Quantity;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Throughput and latency of the pipeline and its stages, the number of live streams it sustains, and its memory over a long run. */
@Command(
        name = "bench",
        description =
                "Measures each stage alone and the whole pipeline on clips, alternating: throughput, latency, heap allocated per frame,"
                        + " CPU and GPU utilisation, and the share of min(decode, inference) that the whole pipeline reaches.")
public final class BenchCommand implements Callable<Integer> {
    private static final int MAX_STREAMS = 256;
    private static final int MAX_LIVE_STREAMS = 2048;
    private static final int MAX_ANALYZE_FPS = 1000;
    private static final int MAX_SOAK_MINUTES = 7 * 24 * 60;
    private static final int MAX_SOAK_SAMPLES = 20;

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
                    "Streams that play the clip. Several numbers (1,8,32) are measured one after the other, with --live too,"
                            + " which then searches no further. Default: ${DEFAULT-VALUE}.")
    private List<Integer> streams = List.of(1);

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "5",
            description =
                    "Total duration of the measurement of each stage, or of each step of --live. Default: ${DEFAULT-VALUE}.")
    private double seconds;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "3",
            description = "Rounds over all stages, of which the median is reported. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--live",
            description =
                    "Searches the number of real-time streams that are sustained with p99 latency under 100 ms and without"
                            + " dropped frames, starting at --streams; or measures each of several numbers.")
    private boolean live;

    @Option(
            names = "--analyze-fps",
            paramLabel = "RATE",
            defaultValue = "0",
            description =
                    "With --live: frames of a stream that are analysed per second; 0 means all. Default: ${DEFAULT-VALUE}.")
    private double analyzeFps;

    @Option(
            names = "--settle",
            paramLabel = "S",
            defaultValue = "1",
            description =
                    "With --live: seconds before each measurement; with --hardware-decoding auto streams move to the CPU"
                            + " meanwhile. Default: ${DEFAULT-VALUE}.")
    private double settleSeconds;

    @Option(
            names = "--decode",
            paramLabel = "MODE",
            defaultValue = "auto",
            converter = DecodeModeConverter.class,
            description =
                    "With --live: frames that are decoded (streams[].decode): auto, all or key-frames. Default: ${DEFAULT-VALUE}.")
    private DecodeMode decode = DecodeMode.AUTO;

    @Option(
            names = "--soak",
            paramLabel = "MINUTES",
            description = "Runs --streams for this time and samples throughput and memory.")
    private double soakMinutes;

    @Option(
            names = "--kernels",
            description =
                    "Measures the CUDA kernels instead of a pipeline: the letterbox against the copy rate, and the"
                            + " postprocessing.")
    private boolean kernels;

    @Option(names = "--json", description = "Prints JSON instead of a table.")
    private boolean json;

    @Option(names = "--json-file", paramLabel = "FILE", description = "Writes the JSON to this file, too.")
    private @Nullable Path jsonFile;

    @Parameters(paramLabel = "CLIP", arity = "0..*", description = "The clips. Default: the bundled one.")
    private List<Path> clips = List.of();

    @Override
    public Integer call() throws Exception {
        Console.quiet();
        check();
        List<Path> files = clips.isEmpty() && !kernels ? List.of(Installation.demoClip()) : clips;
        for (Path file : files) {
            if (!Files.isRegularFile(file)) {
                throw CommandFailure.usage(file + " does not exist: expected a clip");
            }
        }
        HelmwatchConfig config = common.in(gpu.in(Settings.of(common.backend(), ModelConfig.DEFAULT, List.of())));
        Map<String, Object> report;
        Thread self = Thread.currentThread();
        try (Termination.Registration signals = Termination.onSignal(self::interrupt)) {
            report = kernels ? kernels(config) : measure(files, config);
        } catch (InterruptedException ended) {
            return 1;
        }
        String text = ReportJson.line(report);
        if (json) {
            System.out.print(text);
        }
        if (jsonFile != null) {
            Files.writeString(jsonFile, text);
        }
        return 0;
    }

    private void check() {
        int most = live ? MAX_LIVE_STREAMS : MAX_STREAMS;
        for (int count : streams) {
            if (count < 1 || count > most) {
                throw CommandFailure.usage("--streams " + count + ": must be 1.." + most);
            }
        }
        if (!(seconds >= 0.3 && seconds <= 3600)) {
            throw CommandFailure.usage("--seconds " + seconds + ": must be 0.3..3600");
        }
        if (rounds < 1 || rounds > 100) {
            throw CommandFailure.usage("--rounds " + rounds + ": must be 1..100");
        }
        if (!(analyzeFps >= 0 && analyzeFps <= MAX_ANALYZE_FPS)) {
            throw CommandFailure.usage("--analyze-fps " + analyzeFps + ": must be 0.." + MAX_ANALYZE_FPS);
        }
        if (!(settleSeconds >= 0 && settleSeconds <= 3600)) {
            throw CommandFailure.usage("--settle " + settleSeconds + ": must be 0..3600");
        }
        if (!(soakMinutes >= 0 && soakMinutes <= MAX_SOAK_MINUTES)) {
            throw CommandFailure.usage("--soak " + soakMinutes + ": must be 0.." + MAX_SOAK_MINUTES + " minutes");
        }
    }

    private Map<String, Object> kernels(HelmwatchConfig config) {
        Optional<String> problem = new CudaStageFactory().unusable();
        if (problem.isPresent()) {
            throw CommandFailure.failed("kernels need a GPU: " + problem.get(), null);
        }
        KernelBenchmark result = KernelBenchmark.run(config.gpu());
        print(result.table());
        return result.json();
    }

    private Map<String, Object> measure(List<Path> files, HelmwatchConfig config) throws InterruptedException {
        List<Map<String, Object>> results = new ArrayList<>();
        try (OpenedBackend backend = Backends.choose(config.backend()).open(config, common.model())) {
            print(backend.description() + "\n");
            for (Path file : files) {
                print("\n" + file.getFileName() + "\n");
                Map<String, Object> result = new LinkedHashMap<>();
                result.put("clip", file.toString());
                if (soakMinutes > 0) {
                    result.putAll(soak(backend, config, file));
                } else if (live) {
                    result.putAll(live(backend, config, file));
                } else {
                    result.putAll(stages(backend, config, file));
                }
                results.add(result);
            }
            return BenchJson.report(backend, results);
        }
    }

    private Map<String, Object> stages(OpenedBackend backend, HelmwatchConfig config, Path file)
            throws InterruptedException {
        StageBenchmark benchmark = new StageBenchmark(
                backend, config, looped(file, Collections.max(streams)), seconds / rounds, Termination.ON_FATAL_ERROR);
        StageBenchmark.Result result = benchmark.run(streams, rounds);
        print(BenchReport.table(backend, result));
        return BenchJson.stages(result);
    }

    private static List<StreamConfig> looped(Path file, int count) {
        List<StreamConfig> looped = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            looped.add(Settings.file("bench-" + i, file, true));
        }
        return looped;
    }

    private Map<String, Object> live(OpenedBackend backend, HelmwatchConfig config, Path file)
            throws InterruptedException {
        StreamProbe probe = FfmpegFrameSource.probe(StreamConfig.of("probe", file.toString()));
        if (!(probe.framesPerSecond() > 0)) {
            throw CommandFailure.failed(file + ": expected a clip with a frame rate, found none", null);
        }
        double rate = analyzeFps > 0 ? Math.min(analyzeFps, probe.framesPerSecond()) : probe.framesPerSecond();
        LiveBenchmark benchmark = new LiveBenchmark(
                backend,
                config,
                i -> Settings.realtime("live-" + i, file).toBuilder()
                        .analyzeFps(analyzeFps)
                        .decode(decode)
                        .build(),
                rate,
                settleSeconds,
                seconds,
                Termination.ON_FATAL_ERROR);
        print(BenchReport.LIVE_HEAD);
        Consumer<LiveBenchmark.Step> each = step -> print(BenchReport.line(step));
        List<LiveBenchmark.Step> steps = streams.size() > 1
                ? benchmark.measure(streams, each)
                : benchmark.search(streams.get(0), MAX_LIVE_STREAMS, each);
        print(String.format(
                Locale.ROOT,
                "held: %s of %.1f fps, %.1f of them analysed%n",
                Quantity.of(LiveBenchmark.held(steps), "stream"),
                probe.framesPerSecond(),
                rate));
        return BenchJson.live(steps, rate);
    }

    private Map<String, Object> soak(OpenedBackend backend, HelmwatchConfig config, Path file)
            throws InterruptedException {
        print(BenchReport.SOAK_HEAD);
        List<SoakBenchmark.Sample> samples = new SoakBenchmark(
                        backend, config, looped(file, Collections.max(streams)), Termination.ON_FATAL_ERROR)
                .run(
                        (long) (soakMinutes * TimeUnit.MINUTES.toNanos(1)),
                        (int) Math.max(2, Math.min(MAX_SOAK_SAMPLES, 2 * soakMinutes)),
                        sample -> print(BenchReport.line(sample)));
        print(BenchReport.growth(samples));
        return BenchJson.soak(samples);
    }

    /** Prints a part of the tables at once, so that the progress of a long run is visible. */
    private void print(String text) {
        if (!json) {
            System.out.print(text);
            System.out.flush();
        }
    }
}
