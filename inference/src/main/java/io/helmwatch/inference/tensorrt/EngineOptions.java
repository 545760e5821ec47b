package io.helmwatch.inference.tensorrt;

import io.helmwatch.config.inference.GpuPrecision;
import io.helmwatch.resource.ConstantName;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Options of an engine's build; all of them are part of the engine's cache key.
 *
 * @param precision arithmetic of the layers
 * @param optimalBatch batch for which kernels are chosen; ignored for models with a fixed batch
 * @param maxBatch largest batch; ignored for models with a fixed batch
 * @param level TensorRT's builder optimisation level, 0 (fastest build) to 5 (fastest engine)
 * @param maxTactics maximum number of kernels that are timed for a layer; 0 for TensorRT's default
 * @param timingRuns number of runs over which a kernel's time is averaged, at least 1
 * @param workspaceMebibytes maximum scratch memory of kernels; 0 for all memory of the device
 * @param tacticSources sources of kernels in addition to TensorRT's precompiled ones
 */
public record EngineOptions(
        GpuPrecision precision,
        int optimalBatch,
        int maxBatch,
        int level,
        int maxTactics,
        int timingRuns,
        int workspaceMebibytes,
        Set<TacticSource> tacticSources) {

    /** TensorRT's default. */
    public static final Set<TacticSource> DEFAULT_TACTIC_SOURCES = Set.copyOf(EnumSet.allOf(TacticSource.class));

    /** Sources of kernels that are not precompiled in TensorRT (nvinfer1::TacticSource; cuBLAS and cuDNN are deprecated and never used). */
    public enum TacticSource {
        /** Convolutions with edge mask tables. */
        EDGE_MASK_CONVOLUTIONS(3),
        /** Convolutions that are compiled on the CPU while an engine is built. */
        JIT_CONVOLUTIONS(4);

        private final int bit;

        TacticSource(int bit) {
            this.bit = bit;
        }

        /** The name on the command line. */
        public String label() {
            return ConstantName.of(this);
        }
    }

    /** Refuses values out of range. */
    public EngineOptions {
        tacticSources = Set.copyOf(tacticSources);
        if (maxBatch < 1 || optimalBatch < 1 || optimalBatch > maxBatch) {
            throw new IllegalArgumentException("engine for batches of 1 to " + maxBatch + ", optimal at " + optimalBatch
                    + ": expected 1 <= optimal <= largest");
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

    /** Options for a precision and a largest batch, optimal at that batch, with level 0, which chooses kernels by rule instead of timing them. */
    public static EngineOptions of(GpuPrecision precision, int maxBatch) {
        return new EngineOptions(precision, maxBatch, maxBatch, 0, 0, 1, 0, DEFAULT_TACTIC_SOURCES);
    }

    /** The same options at another builder level. */
    public EngineOptions withLevel(int other) {
        return new EngineOptions(
                precision, optimalBatch, maxBatch, other, maxTactics, timingRuns, workspaceMebibytes, tacticSources);
    }

    /** The same options in another precision. */
    public EngineOptions withPrecision(GpuPrecision other) {
        return new EngineOptions(
                other, optimalBatch, maxBatch, level, maxTactics, timingRuns, workspaceMebibytes, tacticSources);
    }

    /** The same options with other sources of kernels. */
    public EngineOptions withTacticSources(Set<TacticSource> other) {
        return new EngineOptions(
                precision, optimalBatch, maxBatch, level, maxTactics, timingRuns, workspaceMebibytes, other);
    }

    /**
     * Parses sources separated by commas, or {@code none}.
     *
     * @throws IllegalArgumentException for an unknown source
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

    /** Bit set in TensorRT's form. */
    int tacticSourceBits() {
        return tacticSources.stream().mapToInt(source -> 1 << source.bit).sum();
    }

    /** One line, for keys and logs. */
    String describe() {
        return "precision=" + ConstantName.of(precision) + " batch=1.." + maxBatch + " best=" + optimalBatch + " level="
                + level
                + " tactics=" + maxTactics + " runs=" + timingRuns + " workspace=" + workspaceMebibytes + " sources="
                + tacticSources.stream().sorted().map(TacticSource::label).collect(Collectors.joining("+"));
    }
}
