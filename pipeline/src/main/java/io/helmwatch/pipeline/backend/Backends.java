package io.helmwatch.pipeline.backend;

import io.helmwatch.config.Backend;
import io.helmwatch.pipeline.backend.cpu.CpuStageFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses the backend, once, at start. */
public final class Backends {
    private static final Logger LOG = LoggerFactory.getLogger(Backends.class);

    private Backends() {}

    /**
     * The factory to use.
     *
     * @throws IllegalStateException when {@code cuda} is asked for and cannot be used, with the reason
     */
    public static StageFactory choose(Backend wanted) {
        return choose(wanted, gpuFactories());
    }

    public static StageFactory choose(Backend wanted, List<StageFactory> gpu) {
        StageFactory cpu = new CpuStageFactory();
        if (wanted == Backend.CPU) {
            return cpu;
        }
        String reason = whyNoGpu(gpu);
        if (reason.isEmpty()) {
            return gpu.get(0);
        }
        if (wanted == Backend.CUDA) {
            throw new IllegalStateException("backend cuda cannot be used: " + reason + "; use backend cpu or auto");
        }
        LOG.info("backend auto: running on the CPU, the GPU is not used because {}", reason);
        return cpu;
    }

    /** Why the GPU is not used; empty when it can be. */
    public static String whyNoGpu(List<StageFactory> gpu) {
        if (gpu.isEmpty()) {
            return "this build carries no GPU backend (build with -Pgpu)";
        }
        Optional<String> unusable;
        try {
            unusable = gpu.get(0).unusable();
        } catch (LinkageError missing) {
            unusable = Optional.of("its libraries cannot be loaded: " + missing.getMessage());
        }
        return unusable.orElse("");
    }

    public static List<StageFactory> gpuFactories() {
        List<StageFactory> found = new ArrayList<>();
        try {
            ServiceLoader.load(StageFactory.class).forEach(found::add);
        } catch (ServiceConfigurationError | LinkageError broken) {
            LOG.debug("GPU backend cannot be loaded", broken);
        }
        return found;
    }
}
