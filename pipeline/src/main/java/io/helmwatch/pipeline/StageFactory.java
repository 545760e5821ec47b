package io.helmwatch.pipeline;

import io.helmwatch.config.Backend;
import io.helmwatch.config.HelmwatchConfig;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Opens the stages of one backend. Backends other than the CPU are found through {@link java.util.ServiceLoader}, so that the CPU path
 * never touches their classes.
 */
public interface StageFactory {

    /** Which backend. */
    Backend backend();

    /** Why the backend cannot be used here, in one line; empty when it can. Never throws, also where libraries are missing. */
    Optional<String> unusable();

    /**
     * Opens everything.
     *
     * @param config settings
     * @param model the ONNX file
     * @throws RuntimeException one sentence: what, expected, found
     */
    Stages open(HelmwatchConfig config, Path model);

    /** What {@link #open} is busy with and for how long, for readiness; empty when there is nothing to say. Any thread may ask. */
    default String opening() {
        return "";
    }
}
