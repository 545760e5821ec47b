package io.helmwatch.inference.tensorrt;

/** Follows the build of an engine, which may take minutes. Called by TensorRT's threads; must return at once. */
@FunctionalInterface
public interface EngineProgress {

    /** Says nothing. */
    EngineProgress SILENT = (step, layersTimed, seconds) -> {};

    /**
     * Something was done.
     *
     * @param step what is being done, e.g. {@code timing /model.2/cv1/conv/Conv}
     * @param layersTimed fused layers whose kernels have been timed or chosen so far
     * @param seconds since the build began
     */
    void at(String step, int layersTimed, long seconds);
}
