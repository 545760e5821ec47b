package io.helmwatch.pipeline.cli;

import io.helmwatch.config.Backend;
import io.helmwatch.config.CpuPrecision;
import io.helmwatch.config.HelmwatchConfig;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Model and backend. */
final class BackendOptions {
    @Option(
            names = "--model",
            paramLabel = "FILE",
            description = "ONNX export of YOLOv5. Default: the shipped helmet model.")
    private @Nullable Path model;

    @Option(
            names = "--backend",
            paramLabel = "BACKEND",
            defaultValue = "auto",
            description = "auto, cpu or cuda. Default: ${DEFAULT-VALUE}.")
    private Backend backend = Backend.AUTO;

    @Option(
            names = "--cpu-precision",
            paramLabel = "PRECISION",
            defaultValue = "fp32",
            description = "Arithmetic on a CPU: auto, fp32 or int8 (see quantize). Default: ${DEFAULT-VALUE}.")
    private CpuPrecision cpuPrecision = CpuPrecision.FP32;

    /** The model to use. */
    Path model() {
        return Installation.model(model);
    }

    Backend backend() {
        return backend;
    }

    /** A configuration in the chosen precision. */
    HelmwatchConfig in(HelmwatchConfig config) {
        return config.withInference(config.inference().withPrecision(cpuPrecision));
    }
}
