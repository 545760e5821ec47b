package io.helmwatch.pipeline.cli;

import io.helmwatch.config.Backend;
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

    /** The model to use. */
    Path model() {
        return Installation.model(model);
    }

    Backend backend() {
        return backend;
    }
}
