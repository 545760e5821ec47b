package io.helmwatch.pipeline.ring;

import io.helmwatch.config.StreamConfig;
import io.helmwatch.inference.InferenceEngine;
import io.helmwatch.inference.InferenceLane;
import io.helmwatch.ingest.FrameSource;
import io.helmwatch.postprocess.Postprocessor;
import io.helmwatch.preprocess.Preprocessor;
import io.helmwatch.vision.FrameLease;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The stages of one backend, opened and fitting each other; what {@link HelmetPipeline} runs.
 *
 * <p>Ownership: closing closes the stages and the lanes, in an order that their natives need; the leases and sources made here belong to
 * who asked for them. Threading: made and closed by one thread; each stage is used by its own.
 *
 * @param engine the network
 * @param lanes in the order in which they are used; a lane runs on worker {@code index % workers}
 * @param workers inference threads
 * @param preprocessor letterbox
 * @param postprocessor boxes
 * @param newLease makes the holder of a ring slot's picture, of the kind that the sources give
 * @param newSource makes the source of a stream
 * @param device what the metrics call the device, e.g. {@code cpu} or {@code cuda:0}
 * @param description one line for the log: what runs where
 */
public record Stages(
        InferenceEngine engine,
        List<InferenceLane> lanes,
        int workers,
        Preprocessor preprocessor,
        Postprocessor postprocessor,
        Supplier<FrameLease> newLease,
        Function<StreamConfig, FrameSource> newSource,
        String device,
        String description)
        implements AutoCloseable {

    /** Keeps its own copy of the lanes and checks the plan. */
    public Stages {
        lanes = List.copyOf(lanes);
        if (workers < 1 || lanes.size() < workers) {
            throw new IllegalArgumentException(
                    workers + " inference workers on " + lanes.size() + " lanes: every worker needs a lane of its own");
        }
    }

    /** Closes preprocessor, postprocessor, lanes and engine; a second call does nothing. */
    @Override
    public void close() {
        List<AutoCloseable> owners = new ArrayList<>();
        owners.add(preprocessor);
        owners.add(postprocessor);
        owners.addAll(lanes);
        owners.add(engine);
        Closing.closeAll(owners);
    }
}
