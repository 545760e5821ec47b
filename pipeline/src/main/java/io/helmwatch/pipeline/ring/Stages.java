package io.helmwatch.pipeline.ring;

import io.helmwatch.inference.InferenceEngine;
import io.helmwatch.inference.InferenceLane;
import io.helmwatch.postprocess.Postprocessor;
import io.helmwatch.preprocess.Preprocessor;
import java.util.List;

/**
 * The stages that a {@link HelmetPipeline} runs, opened and fitting each other.
 *
 * <p>Ownership: belongs to whoever opened it, and outlives the pipeline. Threading: each stage is used by its own thread.
 *
 * @param engine the model
 * @param lanes in the order of use; a lane runs on worker {@code index % workers}
 * @param workers inference threads in use at first
 * @param maxWorkers inference threads of the pipeline: as many as {@linkplain HelmetPipeline#useLanes other lanes} may ask for
 * @param preprocessor letterbox
 * @param postprocessor boxes
 */
public record Stages(
        InferenceEngine engine,
        List<InferenceLane> lanes,
        int workers,
        int maxWorkers,
        Preprocessor preprocessor,
        Postprocessor postprocessor) {

    /** Copies the list of lanes; every worker needs a lane of its own. */
    public Stages {
        lanes = List.copyOf(lanes);
        if (workers < 1 || lanes.size() < workers) {
            throw new IllegalArgumentException(
                    workers + " inference workers on " + lanes.size() + " lanes: every worker needs a lane of its own");
        }
        if (maxWorkers < workers) {
            throw new IllegalArgumentException(
                    workers + " inference workers: at most " + maxWorkers + " are possible here");
        }
    }
}
