package io.helmwatch.pipeline.backend;

import io.helmwatch.config.Backend;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses the backend, once, at start. Threading: any thread. */
public final class Backends {
    private static final Logger LOG = LoggerFactory.getLogger(Backends.class);

    private Backends() {}

    /**
     * The factory of the configured backend; {@code auto} falls back to the CPU and logs why.
     *
     * @throws IllegalStateException when {@code cuda} is configured and not usable, with the reason
     */
    public static StageFactory choose(Backend wanted) {
        return choose(wanted, installed());
    }

    static StageFactory choose(Backend wanted, List<StageFactory> installed) {
        StageFactory cpu = find(installed, Backend.CPU)
                .orElseThrow(() -> new IllegalStateException("the CPU backend is missing from the class path"));
        if (wanted == Backend.CPU) {
            return cpu;
        }
        String reason = whyNoGpu(installed);
        if (reason.isEmpty()) {
            return find(installed, Backend.CUDA).orElse(cpu);
        }
        if (wanted == Backend.CUDA) {
            throw new IllegalStateException("backend cuda is not usable: " + reason + "; use backend cpu or auto");
        }
        LOG.info("Backend auto: using the CPU, GPU not usable: {}", reason);
        return cpu;
    }

    /** Why the GPU is not usable on this machine; empty when it is. */
    public static String whyNoGpu() {
        return whyNoGpu(installed());
    }

    static String whyNoGpu(List<StageFactory> installed) {
        Optional<StageFactory> gpu = find(installed, Backend.CUDA);
        if (gpu.isEmpty()) {
            return "this build contains no GPU backend (build with -Pgpu)";
        }
        try {
            return gpu.get().unusable().orElse("");
        } catch (LinkageError missing) {
            return "its libraries cannot be loaded: " + missing.getMessage();
        }
    }

    private static Optional<StageFactory> find(List<StageFactory> installed, Backend backend) {
        return installed.stream()
                .filter(factory -> factory.backend() == backend)
                .findFirst();
    }

    /** Factories on the class path; one that cannot be loaded is skipped, the others are still found. */
    private static List<StageFactory> installed() {
        List<StageFactory> found = new ArrayList<>();
        Iterator<ServiceLoader.Provider<StageFactory>> providers =
                ServiceLoader.load(StageFactory.class).stream().iterator();
        while (providers.hasNext()) {
            try {
                found.add(providers.next().get());
            } catch (ServiceConfigurationError | LinkageError broken) {
                LOG.debug("Backend not loaded", broken);
            }
        }
        return found;
    }
}
