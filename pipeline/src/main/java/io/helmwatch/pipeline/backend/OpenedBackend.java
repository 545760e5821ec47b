package io.helmwatch.pipeline.backend;

import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.FrameSource;
import io.helmwatch.pipeline.ring.HelmetPipeline;
import io.helmwatch.pipeline.ring.PipelineBuilder;
import io.helmwatch.pipeline.ring.Stages;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.resource.Closer;
import io.helmwatch.vision.FrameLease;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A backend opened on one device: its stages, and the sources and leases that fit them.
 *
 * <p>Ownership: owns the stages and what they need; sources and leases created here belong to the caller. Close it after the pipelines that
 * run its stages. Threading: opened and closed by one thread; sources and leases are created by any.
 */
public final class OpenedBackend implements AutoCloseable {
    private final Stages stages;
    private final Supplier<FrameLease> newLease;
    private final Function<StreamConfig, FrameSource> newSource;
    private final String device;
    private final String description;
    private final Closer owned;
    private final @Nullable ExchangeableWorkers workers;

    /**
     * Takes ownership of {@code owned}.
     *
     * @param newLease creates a lease of the kind that the sources deliver
     * @param newSource creates the source of a stream
     * @param device what metrics call the device, e.g. {@code cpu} or {@code cuda:0}
     * @param description one line for the log
     * @param owned everything that is to be closed
     */
    public OpenedBackend(
            Stages stages,
            Supplier<FrameLease> newLease,
            Function<StreamConfig, FrameSource> newSource,
            String device,
            String description,
            Closer owned) {
        this(stages, newLease, newSource, device, description, owned, null);
    }

    /**
     * As the other constructor, for a backend whose workers can be exchanged.
     *
     * @param workers the workers that have the lanes of {@code stages}, among what is owned; null where they stay the same
     */
    public OpenedBackend(
            Stages stages,
            Supplier<FrameLease> newLease,
            Function<StreamConfig, FrameSource> newSource,
            String device,
            String description,
            Closer owned,
            @Nullable ExchangeableWorkers workers) {
        this.stages = stages;
        this.newLease = newLease;
        this.newSource = newSource;
        this.device = device;
        this.description = description;
        this.owned = owned;
        this.workers = workers;
    }

    /**
     * A pipeline on these stages, to be configured and started.
     *
     * @param fatalErrors handles the loss of the device
     */
    public PipelineBuilder pipeline(FatalErrorHandler fatalErrors) {
        return HelmetPipeline.builder(stages, newLease).device(device).fatalErrors(fatalErrors);
    }

    /** The stages. */
    public Stages stages() {
        return stages;
    }

    /** The workers where they can be exchanged; null where they stay the same. */
    public @Nullable ExchangeableWorkers exchangeableWorkers() {
        return workers;
    }

    /** Inference threads in use. */
    public int workers() {
        ExchangeableWorkers exchangeable = workers;
        return exchangeable == null ? stages.workers() : exchangeable.current().workers();
    }

    /** Creates a lease of the kind that the sources deliver. */
    public FrameLease newLease() {
        return newLease.get();
    }

    /** Creates the source of a stream; it connects when it runs. */
    public FrameSource newSource(StreamConfig stream) {
        return newSource.apply(stream);
    }

    /** What metrics call the device, e.g. {@code cpu} or {@code cuda:0}. */
    public String device() {
        return device;
    }

    /** What runs where, in one line. */
    public String description() {
        return description;
    }

    /** Closes stages and device; a second call does nothing. */
    @Override
    public void close() {
        owned.close();
    }
}
