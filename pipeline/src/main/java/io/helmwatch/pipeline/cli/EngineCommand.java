package io.helmwatch.pipeline.cli;

import io.helmwatch.config.GpuConfig;
import io.helmwatch.config.GpuPrecision;
import io.helmwatch.config.GraphForm;
import io.helmwatch.config.ModelConfig;
import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.inference.tensorrt.EngineAlignment;
import io.helmwatch.inference.tensorrt.EngineOptions;
import io.helmwatch.inference.tensorrt.TensorRtEngine;
import io.helmwatch.inference.tensorrt.TensorRtLibrary;
import io.helmwatch.pipeline.backend.cuda.CudaStageFactory;
import io.helmwatch.pipeline.backend.cuda.EngineBuildStatus;
import io.helmwatch.pipeline.backend.cuda.EngineFactory;
import io.helmwatch.pipeline.backend.cuda.quantization.EngineRequest;
import io.helmwatch.pipeline.backend.cuda.quantization.OpenedEngine;
import io.helmwatch.pipeline.backend.quantization.DetectionComparison;
import io.helmwatch.pipeline.backend.quantization.DetectionScore;
import io.helmwatch.pipeline.backend.quantization.ImageFolder;
import io.helmwatch.pipeline.backend.quantization.ReferenceRun;
import io.helmwatch.pipeline.bench.cuda.EngineBenchmark;
import io.helmwatch.vision.PredictionLayout;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Builds, measures, compares and describes TensorRT engines. */
@Command(
        name = "engine",
        description = "Builds, measures, checks and describes TensorRT engines (needs a GPU).",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            EngineCommand.Build.class,
            EngineCommand.Bench.class,
            EngineCommand.Align.class,
            EngineCommand.Info.class
        })
final class EngineCommand implements Runnable {

    @Override
    public void run() {
        throw CommandFailure.usage("no command was given: expected engine build, bench, align or info");
    }

    /** The options that select an engine; they are part of its cache key. */
    static final class Choice {
        @Option(
                names = "--model",
                paramLabel = "FILE",
                description = "ONNX export of YOLOv5. Default: the shipped helmet model.")
        private @Nullable Path model;

        @Option(
                names = "--device",
                paramLabel = "N",
                defaultValue = "0",
                description = "Index of the GPU. Default: ${DEFAULT-VALUE}.")
        private int device;

        @Option(
                names = "--precision",
                paramLabel = "P",
                defaultValue = "fp16",
                description = "fp16, fp32 or int8, which needs --calibration. Default: ${DEFAULT-VALUE}.")
        private GpuPrecision precision = GpuPrecision.FP16;

        @Option(
                names = "--max-batch",
                paramLabel = "N",
                defaultValue = "32",
                description = "Largest batch; no effect on a model with a fixed batch. Default: ${DEFAULT-VALUE}.")
        private int maxBatch;

        @Option(
                names = {"--optimal-batch", "--best-batch"},
                paramLabel = "N",
                defaultValue = "0",
                description =
                        "Batch size that kernels are chosen for; 0 is the largest batch. Default: ${DEFAULT-VALUE}.")
        private int bestBatch;

        @Option(
                names = "--level",
                paramLabel = "L",
                defaultValue = "1",
                description =
                        "Builder level, 0 (fastest build) to 5 (longest search for fast kernels). Default: ${DEFAULT-VALUE}.")
        private int level;

        @Option(
                names = "--max-tactics",
                paramLabel = "N",
                defaultValue = "0",
                description =
                        "Maximum number of kernels timed per layer; 0 leaves it to TensorRT. Default: ${DEFAULT-VALUE}.")
        private int maxTactics;

        @Option(
                names = "--timing-runs",
                paramLabel = "N",
                defaultValue = "1",
                description = "Runs that the time of a kernel is averaged over. Default: ${DEFAULT-VALUE}.")
        private int timingRuns;

        @Option(
                names = "--workspace",
                paramLabel = "MIB",
                defaultValue = "0",
                description = "Maximum scratch memory of kernels; 0 is unlimited. Default: ${DEFAULT-VALUE}.")
        private int workspace;

        @Option(
                names = "--tactic-sources",
                paramLabel = "LIST",
                description =
                        "Sources of kernels beside the compiled ones of TensorRT: edge-mask-convolutions,jit-convolutions, or none."
                                + " Default: both.")
        private @Nullable String tacticSources;

        @Option(
                names = "--graph",
                paramLabel = "G",
                defaultValue = "decoded",
                description =
                        "Where boxes are decoded: decoded (inside the network) or raw (for candidates only). Default: ${DEFAULT-VALUE}.")
        private GraphForm graph = GraphForm.DECODED;

        @Mixin
        private Int8Options int8 = new Int8Options();

        @Option(
                names = "--cache",
                paramLabel = "DIR",
                description = "Folder of engines and kernels. Default: ~/.cache/helmwatch.")
        private @Nullable Path cache;

        CudaDevice openDevice() {
            // Wrong usage is reported first, also without a GPU.
            options();
            model();
            int8.config(precision);
            Optional<String> problem = new CudaStageFactory().unusable();
            if (problem.isPresent()) {
                throw CommandFailure.failed("engines need a GPU: " + problem.get(), null);
            }
            return CudaDevice.open(device);
        }

        Path model() {
            return Installation.model(model);
        }

        EngineOptions options() {
            try {
                return new EngineOptions(
                        precision,
                        bestBatch == 0 ? maxBatch : bestBatch,
                        maxBatch,
                        level,
                        maxTactics,
                        timingRuns,
                        workspace,
                        tacticSources == null
                                ? EngineOptions.DEFAULT_TACTIC_SOURCES
                                : EngineOptions.tacticSources(tacticSources));
            } catch (IllegalArgumentException wrong) {
                throw CommandFailure.usage(String.valueOf(wrong.getMessage()));
            }
        }

        Path engines() {
            Path folder = cache == null ? GpuConfig.DEFAULT.cacheFolder() : cache;
            return folder.resolve("engines");
        }

        OpenedEngine open(CudaDevice gpu) {
            long start = System.nanoTime();
            OpenedEngine opened;
            try {
                opened = EngineFactory.open(
                        gpu,
                        new EngineRequest(
                                model(), ModelConfig.DEFAULT, graph, options(), int8.config(precision), engines()),
                        new EngineBuildStatus());
            } catch (IllegalArgumentException wrong) {
                throw CommandFailure.usage(String.valueOf(wrong.getMessage()));
            }
            System.err.printf(
                    Locale.ROOT,
                    "engine %s, %s, ready after %.1f s%n",
                    opened.file(),
                    opened.engine().options().precision().label(),
                    (System.nanoTime() - start) / 1e9);
            return opened;
        }
    }

    @Command(name = "build", description = "Builds an engine, or finds it in the cache, and prints its file.")
    static final class Build implements Callable<Integer> {
        @Mixin
        private Choice choice = new Choice();

        @Override
        public Integer call() {
            try (CudaDevice device = choice.openDevice();
                    OpenedEngine opened = choice.open(device)) {
                System.out.println(opened.file());
                System.out.print(opened.reportText());
            }
            return 0;
        }
    }

    @Command(name = "bench", description = "Measures throughput, latency and copies of an engine by batch size.")
    static final class Bench implements Callable<Integer> {
        @Mixin
        private Choice choice = new Choice();

        @Option(
                names = "--lanes",
                paramLabel = "N",
                defaultValue = "3",
                description = "Number of batches in flight. Default: ${DEFAULT-VALUE}.")
        private int lanes;

        @Option(
                names = "--runs",
                paramLabel = "N",
                defaultValue = "200",
                description = "Runs per round, in five rounds. Default: ${DEFAULT-VALUE}.")
        private int runs;

        @Override
        public Integer call() {
            if (lanes < 1 || runs < 10) {
                throw CommandFailure.usage(
                        "--lanes " + lanes + " --runs " + runs + ": expected at least 1 lane and at least 10 runs");
            }
            try (CudaDevice device = choice.openDevice();
                    OpenedEngine opened = choice.open(device)) {
                TensorRtEngine engine = opened.engine();
                System.out.println(
                        "batch  bare img/s  lanes img/s  ratio  mean ms  p50 ms  p99 ms  upload ms  download ms");
                for (int batch = 1; batch <= engine.largestBatch(); batch *= 2) {
                    double bare = EngineBenchmark.bareRate(device, engine, batch, runs);
                    EngineBenchmark.Line line = EngineBenchmark.measure(device, engine, batch, lanes, runs);
                    System.out.printf(
                            Locale.ROOT,
                            "%5d %11.0f %12.0f %6.2f %8.3f %7.3f %7.3f %10.3f %12.3f%n",
                            batch,
                            bare,
                            line.imagesPerSecond(),
                            line.imagesPerSecond() / bare,
                            line.meanMillis(),
                            line.p50Millis(),
                            line.p99Millis(),
                            line.uploadMillis(),
                            line.downloadMillis());
                }
            }
            return 0;
        }
    }

    @Command(
            name = "align",
            description = "Compares an engine with ONNX Runtime on the same inputs; exit code 1 beyond the tolerance.")
    static final class Align implements Callable<Integer> {
        /**
         * Differences that rounding explains.
         *
         * @param difference largest difference of values 0..1
         * @param recall smallest share of the boxes of FP32 that are found
         */
        private record Tolerance(double difference, double recall) {
            static Tolerance of(GpuPrecision precision) {
                return switch (precision) {
                    case FP32 -> new Tolerance(0.002, 0.99);
                    case FP16 -> new Tolerance(0.03, 0.98);
                    // Single values may differ a lot; boxes decide.
                    case INT8 -> new Tolerance(1, 0.9);
                };
            }
        }

        @Mixin
        private Choice choice = new Choice();

        @Option(
                names = {"--images", "--pictures"},
                paramLabel = "N",
                defaultValue = "16",
                description = "Number of images: noise, or those of --images-from. Default: ${DEFAULT-VALUE}.")
        private int images;

        @Option(
                names = {"--images-from", "--pictures-from"},
                paramLabel = "DIR",
                description = "Folder of images to compare on; boxes are compared, too.")
        private @Nullable Path folder;

        @Option(
                names = "--tolerance",
                paramLabel = "T",
                description = "Largest difference of values 0..1. Default: 0.002 for fp32, 0.03 for fp16, 1 for int8.")
        private @Nullable Double tolerance;

        @Option(
                names = "--recall",
                paramLabel = "R",
                description =
                        "Smallest share of the boxes of FP32 that must be found. Default: 0.99 for fp32, 0.98 for fp16, 0.9 for int8.")
        private @Nullable Double recall;

        @Override
        public Integer call() {
            if (images < 1) {
                throw CommandFailure.usage("--images " + images + ": expected at least 1");
            }
            try (CudaDevice device = choice.openDevice();
                    OpenedEngine opened = choice.open(device)) {
                Tolerance usual = Tolerance.of(opened.engine().options().precision());
                double allowed = tolerance != null ? tolerance : usual.difference();
                if (folder == null) {
                    EngineAlignment.Report report = EngineAlignment.compare(
                            device, opened.engine(), opened.model(), ModelConfig.DEFAULT, images, 1);
                    print(report, images, decodes(opened));
                    return verdict(report.maxAbsolute() <= allowed, report, allowed, "");
                }
                try (ImageFolder all = ImageFolder.open(folder, opened.engine().model())) {
                    ImageFolder some = all.part(i -> i < images);
                    EngineAlignment.Report report =
                            EngineAlignment.compare(device, opened.engine(), opened.model(), ModelConfig.DEFAULT, some);
                    print(report, some.size(), decodes(opened));
                    DetectionScore score = boxes(device, opened, some);
                    double wanted = recall != null ? recall : usual.recall();
                    boolean good = report.maxAbsolute() <= allowed && !(score.recall() < wanted);
                    return verdict(
                            good,
                            report,
                            allowed,
                            String.format(
                                    Locale.ROOT,
                                    "; %.4f of the boxes of FP32 found (at least %.4f required)",
                                    score.recall(),
                                    wanted));
                }
            } catch (IllegalArgumentException wrong) {
                throw CommandFailure.usage(String.valueOf(wrong.getMessage()));
            }
        }

        private static DetectionScore boxes(CudaDevice device, OpenedEngine opened, ImageFolder images) {
            DetectionComparison comparison =
                    new DetectionComparison(images, opened.engine().model(), ModelConfig.DEFAULT.confidence());
            ReferenceRun.reference(opened.model(), ModelConfig.DEFAULT, comparison);
            return opened.compare(device, comparison);
        }

        /** Whether the outputs hold boxes; raw heads hold logits. */
        private static boolean decodes(OpenedEngine opened) {
            return opened.engine().model().output().kind() == PredictionLayout.Kind.DECODED;
        }

        private static void print(EngineAlignment.Report report, int images, boolean boxes) {
            for (EngineAlignment.Output output : report.outputs()) {
                System.out.printf(
                        Locale.ROOT,
                        "%s: %d values of %d images; largest difference %.6f, mean %.8f%s%n",
                        output.name(),
                        output.values(),
                        images,
                        output.maxAbsolute(),
                        output.meanAbsolute(),
                        boxes
                                ? String.format(
                                        Locale.ROOT, "; boxes differ by at most %.3f pixels", output.maxBoxPixels())
                                : "");
            }
        }

        private static int verdict(boolean good, EngineAlignment.Report report, double allowed, String more) {
            System.out.printf(
                    Locale.ROOT,
                    "%s: largest difference %.6f (tolerance %.6f), mean %.8f%s%n",
                    good ? "ok" : "WRONG",
                    report.maxAbsolute(),
                    allowed,
                    report.meanAbsolute(),
                    more);
            return good ? 0 : 1;
        }
    }

    @Command(name = "info", description = "Prints an engine's shapes, precision and layers.")
    static final class Info implements Callable<Integer> {
        @Mixin
        private Choice choice = new Choice();

        @Override
        public Integer call() {
            try (CudaDevice device = choice.openDevice();
                    OpenedEngine opened = choice.open(device)) {
                TensorRtEngine engine = opened.engine();
                System.out.println("gpu: " + device.info());
                System.out.println("tensorrt: " + TensorRtLibrary.version());
                System.out.println("model: " + engine.model().identity());
                System.out.println("input: " + engine.model().input() + ", batches up to " + engine.largestBatch());
                System.out.println("output: " + engine.model().output());
                System.out.println("labels: " + engine.model().labels());
                System.out.println("options: " + engine.options());
                System.out.println("scratch memory of a lane: " + (engine.laneScratchBytes() >> 20) + " MiB");
                System.out.println("layers: " + engine.layers());
                System.out.println(engine.describeLayers());
                System.out.print(opened.reportText());
            }
            return 0;
        }
    }
}
