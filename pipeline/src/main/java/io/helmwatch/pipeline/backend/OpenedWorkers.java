package io.helmwatch.pipeline.backend;

import io.helmwatch.inference.InferenceLane;
import io.helmwatch.resource.Closer;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Inference workers and their lanes, opened.
 *
 * <p>Ownership: owns lanes and what they run on; close it when no pipeline uses the lanes. Threading: any thread asks, one closes.
 */
public final class OpenedWorkers implements AutoCloseable {
    private final List<InferenceLane> lanes;
    private final int workers;
    private final String description;
    private final @Nullable Supplier<OpenedWorkers> otherPlan;
    private final Closer owned;

    /**
     * Takes ownership of {@code owned}.
     *
     * @param lanes in the order of use; a lane runs on worker {@code index % workers}
     * @param workers inference threads
     * @param description e.g. {@code 2 workers, 1 thread each}
     * @param otherPlan opens workers that share the cores in another way; null where there is no choice
     * @param owned everything that is to be closed
     */
    public OpenedWorkers(
            List<InferenceLane> lanes,
            int workers,
            String description,
            @Nullable Supplier<OpenedWorkers> otherPlan,
            Closer owned) {
        this.lanes = List.copyOf(lanes);
        this.workers = workers;
        this.description = description;
        this.otherPlan = otherPlan;
        this.owned = owned;
    }

    /** The lanes, in the order of use. */
    public List<InferenceLane> lanes() {
        return lanes;
    }

    /** Inference threads. */
    public int workers() {
        return workers;
    }

    /** E.g. {@code 2 workers, 1 thread each}. */
    public String description() {
        return description;
    }

    /** Whether there is another plan to measure against. */
    public boolean hasOtherPlan() {
        return otherPlan != null;
    }

    /**
     * Opens the workers of the other plan; these stay as they are. Takes up to a few seconds.
     *
     * @throws RuntimeException one sentence, e.g. when there is no memory for them
     */
    public OpenedWorkers openOtherPlan() {
        if (otherPlan == null) {
            throw new IllegalStateException("there is no other plan than " + description);
        }
        return otherPlan.get();
    }

    /** Closes lanes and model; a second call does nothing. */
    @Override
    public void close() {
        owned.close();
    }
}
