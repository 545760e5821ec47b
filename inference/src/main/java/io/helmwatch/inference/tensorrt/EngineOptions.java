package io.helmwatch.inference.tensorrt;

import io.helmwatch.config.Precision;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How an engine is built; everything here is part of the engine's cache key.
 *
 * @param precision arithmetic of the layers
 * @param optimalBatch batch for which kernels are chosen; ignored for networks with a fixed batch
 * @param maxBatch largest batch; ignored for networks with a fixed batch
 * @param level TensorRT's builder optimisation level, 0 (fastest build) to 5 (fastest engine)
 * @param maxTactics most kernels that are timed for a layer; 0 leaves it to TensorRT
 * @param timingRuns runs that a kernel's time is averaged over, at least 1
 * @param workspaceMebibytes scratch memory that kernels may use; 0 allows all of the device's
 * @param tacticSources where kernels may come from beside TensorRT's own library of compiled ones
 */
public record EngineOptions(
        Precision precision,
        int optimalBatch,
        int maxBatch,
        int level,
        int maxTactics,
        int timingRuns,
        int workspaceMebibytes,
        Set<TacticSource> tacticSources) {

    /** As TensorRT has it. */
    public static final Set<TacticSource> DEFAULT_TACTIC_SOURCES = Set.copyOf(EnumSet.allOf(TacticSource.class));

    /** Where kernels come from that TensorRT does not bring compiled (nvinfer1::TacticSource; cuBLAS and cuDNN are deprecated and never used). */
    public enum TacticSource {
        /** Convolutions with tables of edge masks. */
        EDGE_MASK_CONVOLUTIONS(3),
        /** Convolutions that are compiled on the CPU while an engine is built. */
        JIT_CONVOLUTIONS(4);

        private final int bit;

        TacticSource(int bit) {
            this.bit = bit;
        }

        /** As the command line writes it. */
        public String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** Refuses what cannot work. */
    public EngineOptions {
        tacticSources = Set.copyOf(tacticSources);
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

    /** For a precision and a largest batch, best at that batch, built within half a minute: level 0, which chooses kernels by rule instead of timing them. */
    public static EngineOptions of(Precision precision, int maxBatch) {
        return new EngineOptions(precision, maxBatch, maxBatch, 0, 0, 1, 0, DEFAULT_TACTIC_SOURCES);
    }

    /** The same at another builder level. */
    public EngineOptions withLevel(int other) {
        return new EngineOptions(
                precision, optimalBatch, maxBatch, other, maxTactics, timingRuns, workspaceMebibytes, tacticSources);
    }

    /** The same in another arithmetic. */
    public EngineOptions withPrecision(Precision other) {
        return new EngineOptions(
                other, optimalBatch, maxBatch, level, maxTactics, timingRuns, workspaceMebibytes, tacticSources);
    }

    /** The same with other sources of kernels. */
    public EngineOptions withTacticSources(Set<TacticSource> other) {
        return new EngineOptions(
                precision, optimalBatch, maxBatch, level, maxTactics, timingRuns, workspaceMebibytes, other);
    }

    /**
     * Reads sources separated by commas, or {@code none}.
     *
     * @throws IllegalArgumentException for a source that is not known
     */
    public static Set<TacticSource> tacticSources(String text) {
        Set<TacticSource> found = EnumSet.noneOf(TacticSource.class);
        if (text.strip().equals("none")) {
            return found;
        }
        for (String label : text.split(",", -1)) {
            found.add(Stream.of(TacticSource.values())
                    .filter(source -> source.label().equals(label.strip()))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("tactic source '" + label.strip()
                            + "': expected none, or some of "
                            + Stream.of(TacticSource.values())
                                    .map(TacticSource::label)
                                    .collect(Collectors.joining(", ")))));
        }
        return found;
    }

    /** As TensorRT takes it: one bit for each source. */
    int tacticSourceBits() {
        return tacticSources.stream().mapToInt(source -> 1 << source.bit).sum();
    }

    /** One line, for keys and logs. */
    String describe() {
        return "precision=" + precision.label() + " batch=1.." + maxBatch + " best=" + optimalBatch + " level=" + level
                + " tactics=" + maxTactics + " runs=" + timingRuns + " workspace=" + workspaceMebibytes + " sources="
                + tacticSources.stream().sorted().map(TacticSource::label).collect(Collectors.joining("+"));
    }
}
