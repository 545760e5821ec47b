package io.helmwatch.pipeline.cli.option;

import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.HelmwatchConfig;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The configuration of a command that needs one. */
public final class ConfigFileOption {
    @Option(
            names = {"-c", "--config"},
            required = true,
            paramLabel = "FILE",
            description = "Configuration (YAML).")
    private Path file = Path.of("");

    /** The file. */
    public Path file() {
        return file;
    }

    /** Reads the file as it is now. */
    public HelmwatchConfig load() {
        return ConfigLoader.load(file);
    }

    /** Reads the file for a command that reads only what the service has on disk, and needs no secret. */
    public HelmwatchConfig loadFiles() {
        return ConfigLoader.load(file, ConfigLoader.Purpose.FILES);
    }

    /** Reads the file for a command that delivers nothing and needs no sink. */
    public HelmwatchConfig loadOffline() {
        return ConfigLoader.load(file, ConfigLoader.Purpose.OFFLINE);
    }
}
