package io.helmwatch.pipeline.metrics;

import io.helmwatch.pipeline.ring.HelmetPipeline;
import io.helmwatch.pipeline.ring.PipelineListener;
import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.pipeline.ring.failure.Stage;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.ModelIdentity;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * The meters of a pipeline: latency of its stages, queue depth, and the counts of its streams. All are registered before frames flow, so
 * that recording allocates nothing.
 *
 * <p>Tags are bounded: configured stream ids, causes, stages, states, the model's labels. Threading: as {@link PipelineListener}.
 */
public final class PipelineMetrics implements PipelineListener {
    private static final Duration[] BUCKETS = {
        Duration.ofNanos(250_000),
        Duration.ofMillis(1),
        Duration.ofNanos(2_500_000),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2500),
        Duration.ofSeconds(10)
    };

    private final MeterRegistry registry;
    private final String device;
    private final Timer[] stages = new Timer[Stage.values().length];
    private final Timer latency;
    private final DistributionSummary batchSize;
    private final Map<String, Counter> detections = new HashMap<>();
    private final Map<StreamFeed, StreamMeters> streams = new ConcurrentHashMap<>();

    /**
     * Registers the meters of stages and detections.
     *
     * @param registry of all meters
     * @param device tag of every meter, so that pipelines may share a registry
     * @param model the model, whose identity is published
     * @param labels the model's class names
     */
    public PipelineMetrics(MeterRegistry registry, String device, ModelIdentity model, List<String> labels) {
        this.registry = registry;
        this.device = device;
        for (Stage stage : Stage.values()) {
            stages[stage.ordinal()] = Timer.builder("helmwatch.stage.latency")
                    .description("Latency of a stage")
                    .tags("stage", stage.tag(), "device", device)
                    .publishPercentiles(0.5, 0.99)
                    .serviceLevelObjectives(BUCKETS)
                    .register(registry);
        }
        latency = Timer.builder("helmwatch.frame.latency")
                .description("Latency of a frame from the decoder to the sinks")
                .tag("device", device)
                .publishPercentiles(0.5, 0.99)
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
        batchSize = DistributionSummary.builder("helmwatch.batch.size")
                .description("Frames per inference")
                .baseUnit("frames")
                .tag("device", device)
                .serviceLevelObjectives(1, 2, 4, 8, 16, 32, 64)
                .register(registry);
        for (String label : labels) {
            detections.computeIfAbsent(
                    label,
                    name -> Counter.builder("helmwatch.detections")
                            .description("Detected objects, by label")
                            .baseUnit("objects")
                            .tags("label", name, "device", device)
                            .register(registry));
        }
        Gauge.builder("helmwatch.model", () -> 1)
                .description("Model in use, described by its tags; always 1")
                .tags("name", model.name(), "version", model.version())
                .tags("precision", model.precision(), "backend", model.backend(), "device", device)
                .register(registry);
    }

    @Override
    public void onQueued(long nanos) {
        stages[Stage.QUEUE.ordinal()].record(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void onPreprocessed(int frames, long nanos) {
        stages[Stage.PREPROCESS.ordinal()].record(nanos, TimeUnit.NANOSECONDS);
        batchSize.record(frames);
    }

    @Override
    public void onInferred(long nanos) {
        stages[Stage.INFERENCE.ordinal()].record(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void onPostprocessed(long nanos) {
        stages[Stage.POSTPROCESS.ordinal()].record(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void onPublished(StreamFeed feed, long nanos, long totalNanos) {
        stages[Stage.SINK.ordinal()].record(nanos, TimeUnit.NANOSECONDS);
        latency.record(totalNanos, TimeUnit.NANOSECONDS);
        StreamMeters meters = streams.get(feed);
        if (meters != null) {
            meters.recordLatency(totalNanos);
        }
    }

    @Override
    public void onDetections(StreamFeed feed, List<Detection> found) {
        StreamMeters meters = streams.get(feed);
        if (meters != null) {
            meters.countDetections(found);
        }
        for (int i = 0; i < found.size(); i++) {
            Counter counter = detections.get(found.get(i).label());
            if (counter != null) {
                counter.increment();
            }
        }
    }

    @Override
    public void onStart(HelmetPipeline pipeline) {
        Gauge.builder("helmwatch.ring.size", pipeline, HelmetPipeline::ringSize)
                .description("Ring slots")
                .baseUnit("slots")
                .tag("device", device)
                .register(registry);
        Gauge.builder("helmwatch.ring.depth", pipeline, HelmetPipeline::ringDepth)
                .description("Ring slots in use")
                .baseUnit("slots")
                .tag("device", device)
                .register(registry);
        Gauge.builder("helmwatch.inference.workers", pipeline, HelmetPipeline::workers)
                .description("Inference threads in use")
                .baseUnit("threads")
                .tag("device", device)
                .register(registry);
        for (Stage stage : Stage.values()) {
            FunctionCounter.builder(
                            "helmwatch.stage.failures",
                            pipeline,
                            p -> p.failures().count(stage))
                    .description("Failures of a stage; each drops a frame or a batch")
                    .baseUnit("failures")
                    .tags("stage", stage.tag(), "device", device)
                    .register(registry);
        }
    }

    @Override
    public void onStreamAdded(StreamFeed feed) {
        streams.put(feed, new StreamMeters(registry, feed, device, detections.keySet()));
    }

    @Override
    public void onStreamRemoved(StreamFeed feed) {
        StreamMeters meters = streams.remove(feed);
        if (meters != null) {
            meters.remove();
        }
    }
}
