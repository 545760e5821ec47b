package io.helmwatch.pipeline;

import io.helmwatch.config.Backend;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that the commands share. */
final class CommonOptions {
    @Option(
            names = "--model",
            paramLabel = "FILE",
            description = "ONNX export of YOLOv5; the shipped helmet model by default.")
    private @Nullable Path model;

    @Option(
            names = "--backend",
            paramLabel = "BACKEND",
            defaultValue = "auto",
            description = "auto, cpu or cuda; auto by default.")
    private Backend backend = Backend.AUTO;

    /** The model to use. */
    Path model() {
        return Installation.model(model);
    }

    /** The model that was asked for; null when none was. */
    @Nullable
    Path wantedModel() {
        return model;
    }

    Backend backend() {
        return backend;
    }
}
