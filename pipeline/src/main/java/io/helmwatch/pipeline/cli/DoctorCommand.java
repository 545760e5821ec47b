package io.helmwatch.pipeline.cli;

import io.helmwatch.config.Backend;
import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.config.secret.Redaction;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.config.yaml.ConfigException;
import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.cuda.CudaProbe;
import io.helmwatch.cuda.GpuInfo;
import io.helmwatch.inference.InferenceEngine;
import io.helmwatch.inference.InferenceLane;
import io.helmwatch.inference.ModelInfo;
import io.helmwatch.inference.onnx.OnnxRuntimeEngine;
import io.helmwatch.inference.onnx.VectorInstructions;
import io.helmwatch.inference.onnx.WorkerPlan;
import io.helmwatch.inference.tensorrt.TensorRtLibrary;
import io.helmwatch.ingest.StreamProbe;
import io.helmwatch.ingest.ffmpeg.FfmpegFrameSource;
import io.helmwatch.ingest.ffmpeg.FfmpegLibrary;
import io.helmwatch.ingest.ffmpeg.decode.CudaDecoding;
import io.helmwatch.pipeline.backend.Backends;
import io.helmwatch.pipeline.backend.cuda.CudaStageFactory;
import io.helmwatch.pipeline.cli.option.Installation;
import io.helmwatch.pipeline.cli.option.ModelLabels;
import io.helmwatch.pipeline.cli.process.Console;
import io.helmwatch.resource.FailureText;
import io.helmwatch.resource.FolderAccess;
import io.helmwatch.sinks.kafka.KafkaProbe;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Checks what a run needs; one line for each result on standard output. */
@Command(
        name = "doctor",
        description = "Checks Java, CPU, GPU, libraries, model, and with a configuration Kafka and every stream.")
final class DoctorCommand implements Callable<Integer> {
    private static final int STREAMS_AT_ONCE = 8;

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            description = "Configuration (YAML).")
    private @Nullable Path config;

    @Option(
            names = "--model",
            paramLabel = "FILE",
            description = "ONNX export of YOLOv5; the configured or the shipped one by default.")
    private @Nullable Path model;

    private boolean healthy = true;

    @Override
    public Integer call() throws Exception {
        Console.quiet();
        good(
                "java",
                System.getProperty("java.vm.name") + " " + Runtime.version() + ", heap up to "
                        + Runtime.getRuntime().maxMemory() / (1 << 20) + " MB");
        good(
                "system",
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch") + memory());
        good("cpu", Runtime.getRuntime().availableProcessors() + " cores" + processor() + int8Instructions());
        gpu();
        ffmpeg();
        HelmwatchConfig settings = null;
        Path file = config;
        if (file != null) {
            try {
                settings = ConfigLoader.load(file);
                good("configuration", file + " is valid");
            } catch (ConfigException wrong) {
                wrong.problems().forEach(problem -> bad("configuration", problem.toString()));
            }
        }
        network(settings);
        if (settings != null) {
            devices(settings);
            folders(settings);
            kafka(settings.kafka());
            streams(settings.streams());
        }
        return healthy ? 0 : 1;
    }

    private void gpu() {
        String reason = Backends.whyNoGpu();
        String driver = driver();
        CudaProbe probe = CudaProbe.result();
        good("gpu", (reason.isEmpty() ? "usable" : "not used: " + reason) + "; driver: " + driver);
        if (probe.usable()) {
            probe.gpus().forEach(gpu -> good("gpu", gpu.toString()));
            good(
                    "cuda",
                    "runtime " + probe.runtimeVersion() + " on a driver for " + probe.driverVersion()
                            + ", kernel compiler " + probe.nvrtcVersion());
            Optional<String> missing = TensorRtLibrary.problem();
            report(missing.isEmpty(), "tensorrt", missing.isEmpty() ? TensorRtLibrary.version() : missing.get());
            probe.gpus().forEach(this::videoEngines);
        }
    }

    private void videoEngines(GpuInfo gpu) {
        String what = "nvdec of GPU " + gpu.index();
        try (CudaDevice device = CudaDevice.open(gpu.index());
                CudaDecoding decoding = CudaDecoding.open(
                        device.contextHandle(), device.decodeStream().handle())) {
            good(what, "usable, " + (device.freeBytes() >> 20) + " MiB of the GPU are free");
        } catch (RuntimeException refused) {
            bad(what, String.valueOf(refused.getMessage()));
        }
    }

    /** Which GPU would analyse how many streams. */
    private void devices(HelmwatchConfig settings) {
        if (settings.backend() == Backend.CPU || !CudaProbe.result().usable()) {
            return;
        }
        try {
            Map<Integer, List<StreamConfig>> placement = new CudaStageFactory().placement(settings);
            good(
                    "gpu.devices",
                    placement.entrySet().stream()
                            .map(device -> "cuda:" + device.getKey() + " gets "
                                    + device.getValue().size() + " of "
                                    + settings.streams().size() + " streams")
                            .collect(Collectors.joining(", ")));
        } catch (IllegalStateException wrong) {
            bad("gpu.devices", String.valueOf(wrong.getMessage()));
        }
    }

    /** Folders that the service writes to, which this user must be able to write. */
    private void folders(HelmwatchConfig settings) {
        boolean hasRules = settings.streams().stream()
                .anyMatch(stream -> !stream.rules().rules().isEmpty());
        if (hasRules && settings.kafka().enabled()) {
            folder("incidents.spool.directory", settings.incidents().spool().directory());
        }
        if (settings.incidents().snapshots().enabled()) {
            folder(
                    "incidents.snapshots.directory",
                    settings.incidents().snapshots().directory());
        }
        if (settings.incidents().clips().enabled()) {
            folder("incidents.clips.directory", settings.incidents().clips().directory());
        }
    }

    private void folder(String key, Path folder) {
        String problem = FolderAccess.problem(folder);
        report(
                problem.isEmpty(),
                key,
                problem.isEmpty()
                        ? folder + " can be written"
                        : folder + ": " + problem + "; relative paths start at the configuration's folder");
    }

    private static String driver() {
        Path version = Path.of("/proc/driver/nvidia/version");
        try (Stream<String> lines = Files.lines(version)) {
            return lines.findFirst().orElse("unknown").replaceAll("\\s+", " ").strip();
        } catch (IOException | java.io.UncheckedIOException none) {
            return "none (no " + version + ")";
        }
    }

    private void ffmpeg() {
        try {
            String license = FfmpegLibrary.license();
            String line = FfmpegLibrary.version() + ", " + license;
            if (license.startsWith("LGPL")) {
                good("ffmpeg", line);
            } else {
                bad("ffmpeg", line + ": expected an LGPL build; take the -gpl jar off the class path");
            }
        } catch (LinkageError missing) {
            bad("ffmpeg", "cannot be loaded: " + missing.getMessage());
        }
    }

    private void network(@Nullable HelmwatchConfig settings) {
        ModelConfig wanted = settings == null ? ModelConfig.DEFAULT : settings.model();
        try {
            Path file = Installation.model(model == null ? wanted.path() : model);
            WorkerPlan plan = new WorkerPlan(1, Runtime.getRuntime().availableProcessors(), "doctor");
            try (InferenceEngine engine = OnnxRuntimeEngine.open(file, wanted, plan);
                    InferenceLane lane = engine.openLane(1)) {
                lane.run(1);
                long start = System.nanoTime();
                lane.run(1);
                ModelInfo info = engine.model();
                good(
                        "model",
                        String.format(
                                Locale.ROOT,
                                "%s: %s %s, input %s, labels %s; one run on all cores takes %.1f ms",
                                file,
                                info.identity().name(),
                                info.identity().version(),
                                info.sizing().isFitting() ? info.sizing() : info.input(),
                                labels(info.labels()),
                                (System.nanoTime() - start) / 1e6));
                if (settings != null) {
                    ModelLabels.problem(settings, info.labels()).ifPresent(problem -> bad("rules", problem));
                }
            }
        } catch (RuntimeException | LinkageError refused) {
            bad("model", String.valueOf(refused.getMessage()));
        }
    }

    private static String labels(List<String> labels) {
        return labels.size() <= 8 ? labels.toString() : labels.subList(0, 3) + " and " + (labels.size() - 3) + " more";
    }

    private void kafka(KafkaConfig kafka) {
        if (kafka.embedded()) {
            good("kafka", "embedded, starts with the service");
        } else if (!kafka.enabled()) {
            good("kafka", "off");
        } else {
            KafkaProbe answer = KafkaProbe.of(kafka, Duration.ofSeconds(5));
            report(answer.reachable(), "kafka", answer.sentence());
        }
    }

    private void streams(List<StreamConfig> streams) throws InterruptedException {
        ExecutorService probes = Executors.newFixedThreadPool(Math.max(1, Math.min(STREAMS_AT_ONCE, streams.size())));
        try {
            List<Future<StreamProbe>> answers = streams.stream()
                    .map(stream -> probes.submit(() -> FfmpegFrameSource.probe(stream)))
                    .toList();
            for (int i = 0; i < streams.size(); i++) {
                String name = "stream " + streams.get(i).id();
                try {
                    StreamProbe probe = answers.get(i).get();
                    report(
                            probe.reachable(),
                            name,
                            probe.reachable()
                                    ? String.format(
                                            Locale.ROOT,
                                            "%s %s, %.2f fps%s",
                                            probe.codec(),
                                            probe.size(),
                                            probe.framesPerSecond(),
                                            Double.isNaN(probe.clockOffsetSeconds())
                                                    ? ""
                                                    : String.format(
                                                            Locale.ROOT, ", clock %+.1f s", probe.clockOffsetSeconds()))
                                    : probe.problem());
                    probe.warnings().forEach(warning -> warn(name, warning));
                } catch (ExecutionException failure) {
                    bad(name, FailureText.of(FailureText.root(failure)));
                }
            }
        } finally {
            probes.shutdownNow();
        }
    }

    private static String memory() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean machine
                ? String.format(Locale.ROOT, ", %.1f GB memory", machine.getTotalMemorySize() / 1e9)
                : "";
    }

    /** Instructions with which INT8 is faster than FP32. */
    private static String int8Instructions() {
        List<String> instructions = VectorInstructions.int8();
        return instructions.isEmpty()
                ? "; no instructions for INT8, so FP32 is used"
                : "; INT8 with " + String.join(", ", instructions);
    }

    private static String processor() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .findFirst()
                    .map(line -> ", " + line.substring(line.indexOf(':') + 1).strip())
                    .orElse("");
        } catch (IOException | java.io.UncheckedIOException unknown) {
            return "";
        }
    }

    private void report(boolean good, String what, String sentence) {
        if (good) {
            good(what, sentence);
        } else {
            bad(what, sentence);
        }
    }

    private static void good(String what, String sentence) {
        System.out.println(Redaction.redact("ok    " + what + ": " + sentence));
    }

    /** Something that works but should be changed: it does not make the command fail. */
    private static void warn(String what, String sentence) {
        System.out.println(Redaction.redact("WARN  " + what + ": " + sentence));
    }

    private void bad(String what, String sentence) {
        healthy = false;
        System.out.println(Redaction.redact("WRONG " + what + ": " + sentence));
    }
}
