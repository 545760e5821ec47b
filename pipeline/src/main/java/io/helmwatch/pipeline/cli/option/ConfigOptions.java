package io.helmwatch.pipeline.cli.option;

import io.helmwatch.config.HelmwatchConfig;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of the commands that need a configuration. */
public final class ConfigOptions {
    @Mixin
    private ConfigFileOption file = new ConfigFileOption();

    @Option(
            names = "--model",
            paramLabel = "FILE",
            description = "ONNX export of YOLOv5, instead of the configured one.")
    private @Nullable Path model;

    /** The configuration's file. */
    public Path file() {
        return file.file();
    }

    /** Reads the file as it is now. */
    public HelmwatchConfig load() {
        return file.load();
    }

    /** Reads the file for a command that delivers nothing and needs no sink. */
    public HelmwatchConfig loadOffline() {
        return file.loadOffline();
    }

    /** The model to use with a configuration. */
    public Path model(HelmwatchConfig config) {
        return Installation.model(model == null ? config.model().path() : model);
    }
}
