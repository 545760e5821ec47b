package io.helmwatch.pipeline.service;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.backend.StageFactory;
import io.helmwatch.resource.Closer;
import io.helmwatch.resource.NativeMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the backends of several devices at the same time, on threads of their own, and owns them.
 *
 * <p>Threading: one thread.
 */
final class BackendStart implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BackendStart.class);

    private final List<CompletableFuture<OpenedBackend>> opening = new ArrayList<>();
    private final Closer opened = new Closer();
    private @Nullable Throwable failure;
    private @Nullable DevicePipelines users;

    private BackendStart() {}

    /** Starts to open a backend on each device. */
    static BackendStart begin(StageFactory factory, HelmwatchConfig config, Path model, Collection<Integer> devices) {
        BackendStart start = new BackendStart();
        for (int device : devices) {
            CompletableFuture<OpenedBackend> result = new CompletableFuture<>();
            start.opening.add(result);
            Thread thread = new Thread(
                    () -> {
                        try {
                            result.complete(factory.open(config, model, device));
                        } catch (Throwable refused) {
                            result.completeExceptionally(refused);
                        }
                    },
                    "open-backend");
            thread.setDaemon(true);
            thread.start();
        }
        return start;
    }

    /**
     * Waits for all devices.
     *
     * @return the backends in the order of the devices
     * @throws RuntimeException what kept a device from being opened, as a sentence
     */
    List<OpenedBackend> await() {
        List<OpenedBackend> backends = collect();
        if (failure instanceof Error error) {
            throw error;
        }
        if (failure instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        return backends;
    }

    /** Waits for all devices; those that failed are missing. */
    private List<OpenedBackend> collect() {
        List<OpenedBackend> backends = new ArrayList<>();
        for (CompletableFuture<OpenedBackend> device : opening) {
            try {
                backends.add(opened.register(device.join()));
            } catch (CompletionException refused) {
                Throwable cause = refused.getCause() == null ? refused : refused.getCause();
                if (failure == null) {
                    failure = cause;
                } else {
                    failure.addSuppressed(cause);
                }
            }
        }
        opening.clear();
        return List.copyOf(backends);
    }

    /** The pipelines whose threads use the backends from now on. */
    void usedBy(DevicePipelines started) {
        users = started;
    }

    /**
     * Closes the backends, and reports native memory that was not freed. Backends stay open while a thread of a pipeline still uses them:
     * freeing a model during an inference would crash the process, which is about to end anyway.
     */
    @Override
    public void close() {
        DevicePipelines pipelines = users;
        if (pipelines != null && !pipelines.isStopped()) {
            LOG.error("Backends not closed: a stage is still running");
            return;
        }
        collect();
        opened.close();
        if (pipelines != null) {
            for (NativeMemory.Entry leak : NativeMemory.outstanding()) {
                LOG.error(
                        "LEAK: {} bytes of native memory, kind={} device={} owner={}",
                        leak.bytes(),
                        leak.kind(),
                        leak.device(),
                        leak.owner());
            }
        }
    }
}
