package io.helmwatch.pipeline.backend;

import io.helmwatch.config.Backend;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.StreamConfig;
import io.helmwatch.pipeline.ring.Stages;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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
     * Opens everything, on the first device where there are several.
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

    /** As {@link #open(HelmwatchConfig, Path)}, on one of the devices that {@link #placement} names; any thread. */
    default Stages open(HelmwatchConfig config, Path model, int device) {
        return open(config, model);
    }

    /**
     * The streams of each device that is to be opened; a backend without devices of its own has them all on one.
     *
     * @throws RuntimeException one sentence, when a device is asked for that is not there
     */
    default Map<Integer, List<StreamConfig>> placement(HelmwatchConfig config) {
        return Map.of(0, config.streams());
    }
}
