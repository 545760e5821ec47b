package io.helmwatch.inference.tensorrt;

import java.util.Locale;

/**
 * How an engine is built; everything here is part of the engine's cache key.
 *
 * @param precision smallest arithmetic that layers may use
 * @param optimalBatch batch for which kernels are chosen; ignored for networks with a fixed batch
 * @param maxBatch largest batch; ignored for networks with a fixed batch
 * @param level TensorRT's builder optimisation level, 0 (fastest build) to 5 (fastest engine)
 * @param maxTactics most kernels that are timed for a layer; 0 leaves it to TensorRT
 * @param timingRuns runs that a kernel's time is averaged over, at least 1
 * @param workspaceMebibytes scratch memory that kernels may use; 0 allows all of the device's
 */
public record EngineOptions(
        Precision precision,
        int optimalBatch,
        int maxBatch,
        int level,
        int maxTactics,
        int timingRuns,
        int workspaceMebibytes) {

    /** Arithmetic of an engine. */
    public enum Precision {
        /** FP32, without TF32. */
        FP32,
        /** FP16 where it is faster, FP32 for what decodes boxes; the input is FP16. */
        FP16;

        /** As configuration and events write it. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Refuses what cannot work. */
    public EngineOptions {
        if (maxBatch < 1 || optimalBatch < 1 || optimalBatch > maxBatch) {
            throw new IllegalArgumentException("engine for batches of 1 to " + maxBatch + ", best at " + optimalBatch
                    + ": expected 1 <= best <= largest");
        }
        if (level < 0 || level > 5) {
            throw new IllegalArgumentException("builder level " + level + ": expected 0..5");
        }
        if (maxTactics < 0 || timingRuns < 1 || workspaceMebibytes < 0) {
            throw new IllegalArgumentException("engine with at most " + maxTactics + " tactics, " + timingRuns
                    + " timing runs, " + workspaceMebibytes
                    + " MiB of workspace: expected tactics and workspace of at least 0, runs of at least 1");
        }
    }

    /** For a precision and a largest batch, best at that batch, built within a minute: level 0, which chooses kernels by rule instead of timing them. */
    public static EngineOptions of(Precision precision, int maxBatch) {
        return new EngineOptions(precision, maxBatch, maxBatch, 0, 0, 1, 0);
    }

    /** The same at another builder level. */
    public EngineOptions withLevel(int other) {
        return new EngineOptions(precision, optimalBatch, maxBatch, other, maxTactics, timingRuns, workspaceMebibytes);
    }

    /** One line, for keys and logs. */
    String describe() {
        return "precision=" + precision.label() + " batch=1.." + maxBatch + " best=" + optimalBatch + " level=" + level
                + " tactics=" + maxTactics + " runs=" + timingRuns + " workspace=" + workspaceMebibytes;
    }
}
