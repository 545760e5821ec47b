package io.helmwatch.inference.tensorrt;

/** Receives the progress of an engine build, which may take minutes. Called by TensorRT's threads; must return at once. */
@FunctionalInterface
public interface EngineProgress {

    /** Discards the progress. */
    EngineProgress SILENT = (step, layersTimed, seconds) -> {};

    /**
     * Reports progress.
     *
     * @param step current step, e.g. {@code timing /model.2/cv1/conv/Conv}
     * @param layersTimed fused layers whose kernels have been timed or chosen so far
     * @param seconds since the build started
     */
    void at(String step, int layersTimed, long seconds);
}
