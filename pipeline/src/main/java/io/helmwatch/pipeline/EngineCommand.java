package io.helmwatch.pipeline;

import io.helmwatch.config.GpuConfig;
import io.helmwatch.config.ModelConfig;
import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.inference.tensorrt.EngineAlignment;
import io.helmwatch.inference.tensorrt.EngineBenchmark;
import io.helmwatch.inference.tensorrt.EngineOptions;
import io.helmwatch.inference.tensorrt.EngineOptions.Precision;
import io.helmwatch.inference.tensorrt.TensorRtEngine;
import io.helmwatch.inference.tensorrt.TensorRtLibrary;
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

    /** Which engine: the options that make its key. */
    static final class Choice {
        @Option(
                names = "--model",
                paramLabel = "FILE",
                description = "ONNX export; the shipped helmet model by default.")
        private @Nullable Path model;

        @Option(
                names = "--device",
                paramLabel = "N",
                defaultValue = "0",
                description = "Index of the GPU; 0 by default.")
        private int device;

        @Option(
                names = "--precision",
                paramLabel = "P",
                defaultValue = "fp16",
                description = "fp16, fp32 or int8; fp16 by default. int8 needs --calibration.")
        private Precision precision = Precision.FP16;

        @Option(
                names = "--max-batch",
                paramLabel = "N",
                defaultValue = "32",
                description = "Largest batch; 32 by default. Without effect on a model with a fixed batch.")
        private int maxBatch;

        @Option(
                names = "--best-batch",
                paramLabel = "N",
                defaultValue = "0",
                description = "Batch for which kernels are chosen; the largest by default.")
        private int bestBatch;

        @Option(
                names = "--level",
                paramLabel = "L",
                defaultValue = "0",
                description = "Builder level, 0 (fastest build, the default) to 5 (longest search for fast kernels).")
        private int level;

        @Option(
                names = "--max-tactics",
                paramLabel = "N",
                defaultValue = "0",
                description = "Most kernels timed for a layer; 0, the default, leaves it to TensorRT.")
        private int maxTactics;

        @Option(
                names = "--timing-runs",
                paramLabel = "N",
                defaultValue = "1",
                description = "Runs that a kernel's time is averaged over; 1 by default.")
        private int timingRuns;

        @Option(
                names = "--workspace",
                paramLabel = "MIB",
                defaultValue = "0",
                description = "Scratch memory that kernels may use; 0, the default, allows all.")
        private int workspace;

        @Option(
                names = "--tactic-sources",
                paramLabel = "LIST",
                description = "Where kernels may come from beside TensorRT's compiled ones: edge-mask-convolutions,"
                        + "jit-convolutions (both by default), or none.")
        private @Nullable String tacticSources;

        @Mixin
        private Int8Options int8 = new Int8Options();

        @Option(
                names = "--cache",
                paramLabel = "DIR",
                description = "Folder of engines and kernels; ~/.cache/helmwatch by default.")
        private @Nullable Path cache;

        CudaDevice openDevice() {
            // What is wrong with the words is said first, also without a GPU.
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

        EngineFactory.Opened open(CudaDevice gpu) {
            long start = System.nanoTime();
            EngineFactory.Opened opened;
            try {
                opened = EngineFactory.open(
                        gpu,
                        new EngineFactory.Request(
                                model(), ModelConfig.DEFAULT, options(), int8.config(precision), engines()),
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

    @Command(name = "build", description = "Builds an engine, or finds the one that is kept, and prints its file.")
    static final class Build implements Callable<Integer> {
        @Mixin
        private Choice choice = new Choice();

        @Override
        public Integer call() {
            try (CudaDevice device = choice.openDevice();
                    EngineFactory.Opened opened = choice.open(device)) {
                System.out.println(opened.file());
                opened.printReport();
            }
            return 0;
        }
    }

    @Command(name = "bench", description = "Measures an engine by batch: throughput, latency, copies.")
    static final class Bench implements Callable<Integer> {
        @Mixin
        private Choice choice = new Choice();

        @Option(
                names = "--lanes",
                paramLabel = "N",
                defaultValue = "3",
                description = "Batches under way at the same time; 3 by default.")
        private int lanes;

        @Option(
                names = "--runs",
                paramLabel = "N",
                defaultValue = "200",
                description = "Runs per round, five rounds each; 200 by default.")
        private int runs;

        @Override
        public Integer call() {
            if (lanes < 1 || runs < 10) {
                throw CommandFailure.usage(
                        "--lanes " + lanes + " --runs " + runs + ": expected at least 1 lane and at least 10 runs");
            }
            try (CudaDevice device = choice.openDevice();
                    EngineFactory.Opened opened = choice.open(device)) {
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
        /** Differences that the arithmetic alone explains, of values 0..1. */
        private static final double FP32_TOLERANCE = 0.002;

        private static final double FP16_TOLERANCE = 0.03;

        @Mixin
        private Choice choice = new Choice();

        @Option(names = "--pictures", paramLabel = "N", defaultValue = "16", description = "How many; 16 by default.")
        private int pictures;

        @Option(
                names = "--tolerance",
                paramLabel = "T",
                description = "Largest difference; 0.002 for fp32 and 0.03 for fp16 by default.")
        private @Nullable Double tolerance;

        @Override
        public Integer call() {
            if (pictures < 1) {
                throw CommandFailure.usage("--pictures " + pictures + ": expected at least 1");
            }
            try (CudaDevice device = choice.openDevice();
                    EngineFactory.Opened opened = choice.open(device)) {
                TensorRtEngine engine = opened.engine();
                EngineAlignment.Report report =
                        EngineAlignment.compare(device, engine, choice.model(), ModelConfig.DEFAULT, pictures, 1);
                double allowed = tolerance != null
                        ? tolerance
                        : engine.options().precision() == Precision.FP32 ? FP32_TOLERANCE : FP16_TOLERANCE;
                boolean good = report.maxAbsolute() <= allowed;
                System.out.printf(
                        Locale.ROOT,
                        "%s: %d values of %d pictures; largest difference %.6f (tolerance %.6f), mean %.8f; boxes differ by at most %.3f pixels%n",
                        good ? "ok" : "WRONG",
                        report.values(),
                        pictures,
                        report.maxAbsolute(),
                        allowed,
                        report.meanAbsolute(),
                        report.maxBoxPixels());
                return good ? 0 : 1;
            }
        }
    }

    @Command(name = "info", description = "Prints an engine's shapes, precision and layers.")
    static final class Info implements Callable<Integer> {
        @Mixin
        private Choice choice = new Choice();

        @Override
        public Integer call() {
            try (CudaDevice device = choice.openDevice();
                    EngineFactory.Opened opened = choice.open(device)) {
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
                opened.printReport();
            }
            return 0;
        }
    }
}
