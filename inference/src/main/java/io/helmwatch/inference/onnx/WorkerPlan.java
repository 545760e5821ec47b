package io.helmwatch.inference.onnx;

import io.helmwatch.resource.Quantity;

/**
 * How the cores are shared among runs of a model.
 *
 * @param workers lanes that run at the same time
 * @param threadsPerWorker threads inside one run
 * @param reason one clause for the log: why this plan
 */
public record WorkerPlan(int workers, int threadsPerWorker, String reason) {

    /** Refuses plans without threads. */
    public WorkerPlan {
        if (workers < 1 || threadsPerWorker < 1) {
            throw new IllegalArgumentException(
                    "worker plan " + workers + " x " + threadsPerWorker + ": both must be at least 1");
        }
    }

    /** The plan without its reason, e.g. {@code 2 workers, 1 thread each}. */
    public String shape() {
        return Quantity.of(workers, "worker") + ", " + Quantity.of(threadsPerWorker, "thread") + " each";
    }

    @Override
    public String toString() {
        return shape() + " (" + reason + ")";
    }
}
