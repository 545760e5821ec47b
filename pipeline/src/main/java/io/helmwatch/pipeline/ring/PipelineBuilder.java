package io.helmwatch.pipeline.ring;

import io.helmwatch.config.PipelineConfig;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.pipeline.ring.stream.StreamEpochs;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.vision.FrameLease;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/** Settings of a pipeline; everything has a default. Threading: one thread. */
public final class PipelineBuilder {
    final Stages stages;
    final Supplier<FrameLease> newLease;
    String device = "cpu";
    PipelineConfig config = PipelineConfig.DEFAULT;
    Duration maxBatchDelay = Duration.ZERO;
    List<FrameAnalyzer> analyzers = List.of();
    List<? extends DetectionSink> sinks = List.of();
    PipelineListener listener = PipelineListener.NONE;
    FatalErrorHandler fatalErrors = FatalErrorHandler.LOG;
    int expectedStreams = 1;
    StreamEpochs epochs = new StreamEpochs();

    PipelineBuilder(Stages stages, Supplier<FrameLease> newLease) {
        this.stages = stages;
        this.newLease = newLease;
    }

    /** What metrics call the device, e.g. {@code cuda:0}; {@code cpu} by default. */
    public PipelineBuilder device(String name) {
        device = name;
        return this;
    }

    /** Ring size, frame age and shutdown timeout. */
    public PipelineBuilder config(PipelineConfig pipeline) {
        config = pipeline;
        return this;
    }

    /** How long an incomplete batch may wait for more frames; zero, the default, does not wait. */
    public PipelineBuilder maxBatchDelay(Duration delay) {
        maxBatchDelay = delay;
        return this;
    }

    /** Analyzers that see detections before the sinks, in this order; owned by the caller. */
    public PipelineBuilder analyzers(List<? extends FrameAnalyzer> inOrder) {
        analyzers = List.copyOf(inOrder);
        return this;
    }

    /** Sinks of detections and stream states; owned by the caller. */
    public PipelineBuilder sinks(List<? extends DetectionSink> all) {
        sinks = List.copyOf(all);
        return this;
    }

    /** Is notified of what happens, e.g. the pipeline's metrics. */
    public PipelineBuilder listener(PipelineListener metrics) {
        listener = metrics;
        return this;
    }

    /** Handles errors after which the process cannot continue; by default they are logged. */
    public PipelineBuilder fatalErrors(FatalErrorHandler handler) {
        fatalErrors = handler;
        return this;
    }

    /** How many streams share the ring at first; 1 by default. */
    public PipelineBuilder expectedStreams(int count) {
        expectedStreams = count;
        return this;
    }

    /** Start times of streams, shared by the pipelines between which a stream may move; its own by default. */
    public PipelineBuilder epochs(StreamEpochs shared) {
        epochs = shared;
        return this;
    }

    /** Creates the ring and starts the stages; streams are added afterwards. */
    public HelmetPipeline start() {
        return HelmetPipeline.start(this);
    }
}
