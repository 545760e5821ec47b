package io.helmwatch.pipeline.cli.option;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The model of a command without a configuration. */
public final class ModelOption {
    @Option(
            names = "--model",
            paramLabel = "FILE",
            description = "ONNX export of YOLOv5. Default: the shipped helmet model.")
    private @Nullable Path model;

    /** The model to use. */
    public Path file() {
        return Installation.model(model);
    }
}
