package io.helmwatch.pipeline.cli.engine;

import io.helmwatch.config.inference.GpuPrecision;
import io.helmwatch.config.inference.GraphForm;
import io.helmwatch.config.inference.InputSize;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.inference.tensorrt.EngineOptions;
import io.helmwatch.pipeline.backend.cuda.CudaStageFactory;
import io.helmwatch.pipeline.backend.cuda.EngineBuildStatus;
import io.helmwatch.pipeline.backend.cuda.EngineFactory;
import io.helmwatch.pipeline.backend.cuda.quantization.EngineRequest;
import io.helmwatch.pipeline.backend.cuda.quantization.OpenedEngine;
import io.helmwatch.pipeline.cli.option.BackendOptions;
import io.helmwatch.pipeline.cli.option.CacheOption;
import io.helmwatch.pipeline.cli.option.CommandFailure;
import io.helmwatch.pipeline.cli.option.Int8Options;
import io.helmwatch.pipeline.cli.option.ModelOption;
import io.helmwatch.resource.ConstantName;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that select an engine; they are part of its cache key. */
final class EngineSelection {
    @Mixin
    private ModelOption model = new ModelOption();

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
            description = "Batch size that kernels are chosen for; 0 is the largest batch. Default: ${DEFAULT-VALUE}.")
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

    @Option(
            names = "--input",
            paramLabel = "SIZE",
            converter = BackendOptions.InputSizeConverter.class,
            description =
                    "Size of the input of a model with dynamic height and width: WIDTHxHEIGHT for an engine of that size"
                            + " alone, fit for one that takes all, square. Default: fit.")
    private InputSize input = InputSize.FIT;

    @Mixin
    private Int8Options int8 = new Int8Options();

    @Mixin
    private CacheOption cache = new CacheOption();

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
        return model.file();
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

    ModelConfig modelConfig() {
        return ModelConfig.DEFAULT.withInput(input);
    }

    Path engines() {
        return cache.folder().resolve("engines");
    }

    OpenedEngine open(CudaDevice gpu) {
        long start = System.nanoTime();
        OpenedEngine opened;
        try {
            opened = EngineFactory.open(
                    gpu,
                    new EngineRequest(model(), modelConfig(), graph, options(), int8.config(precision), engines()),
                    new EngineBuildStatus());
        } catch (IllegalArgumentException wrong) {
            throw CommandFailure.usage(String.valueOf(wrong.getMessage()));
        }
        System.err.printf(
                Locale.ROOT,
                "engine %s, %s, ready after %.1f s%n",
                opened.file(),
                ConstantName.of(opened.engine().options().precision()),
                (System.nanoTime() - start) / 1e9);
        return opened;
    }
}
