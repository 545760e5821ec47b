package io.helmwatch.pipeline.backend;

import io.helmwatch.config.Backend;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.stream.StreamConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Opens one kind of backend. Implementations are found through {@link java.util.ServiceLoader}, so that the CPU path never loads the
 * classes of the others.
 *
 * <p>Threading: any thread; several devices are opened at the same time.
 */
public interface StageFactory {

    /** Which backend. */
    Backend backend();

    /** Why the backend is not usable on this machine, in one line; empty when it is. Never throws, not even when libraries are missing. */
    Optional<String> unusable();

    /**
     * Opens everything, on the first device where there are several.
     *
     * @param config settings
     * @param model the ONNX file
     * @throws RuntimeException one sentence: what, expected, found
     */
    OpenedBackend open(HelmwatchConfig config, Path model);

    /** Progress of {@link #open}, for the readiness probe; empty when there is nothing to report. Any thread. */
    default String opening() {
        return "";
    }

    /** As {@link #open(HelmwatchConfig, Path)}, on one of the devices that {@link #placement} names; any thread. */
    default OpenedBackend open(HelmwatchConfig config, Path model, int device) {
        return open(config, model);
    }

    /**
     * The streams of each device that is to be opened; a backend without devices places all streams on device 0.
     *
     * @throws RuntimeException one sentence, when a configured device does not exist
     */
    default Map<Integer, List<StreamConfig>> placement(HelmwatchConfig config) {
        return Map.of(0, config.streams());
    }
}
