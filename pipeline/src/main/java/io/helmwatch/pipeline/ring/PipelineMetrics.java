package io.helmwatch.pipeline.ring;

import io.helmwatch.resource.NativeMemory;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.ModelIdentity;
import io.helmwatch.vision.StreamStatus;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The pipeline's meters. All are made before frames flow, so that recording allocates nothing; counts that the pipeline keeps
 * anyway are read by the registry when somebody asks.
 *
 * <p>Tags are bounded: stream ids from the configuration, causes, stages and states of ours, labels of the model. Threading: each
 * recording method is called by one stage's thread; streams are bound and unbound by any.
 */
public final class PipelineMetrics {
    private static final String NATIVE_MEMORY = "helmwatch.native.memory.used";
    private static final String CUDA_MEMORY = "helmwatch.cuda.memory.used";
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
    private final Map<StreamFeed, List<Meter>> bound = new ConcurrentHashMap<>();

    /**
     * Makes the meters of stages and detections.
     *
     * @param registry where
     * @param device tag of every meter, so that pipelines may share a registry
     * @param model the network, whose identity is published
     * @param labels the network's class names
     */
    PipelineMetrics(MeterRegistry registry, String device, ModelIdentity model, List<String> labels) {
        this.registry = registry;
        this.device = device;
        for (Stage stage : Stage.values()) {
            stages[stage.ordinal()] = Timer.builder("helmwatch.stage.latency")
                    .description("Time that a stage takes")
                    .tags("stage", stage.tag(), "device", device)
                    .publishPercentiles(0.5, 0.99)
                    .serviceLevelObjectives(BUCKETS)
                    .register(registry);
        }
        latency = Timer.builder("helmwatch.frame.latency")
                .description("Time from leaving the decoder to being handed to the sinks")
                .tag("device", device)
                .publishPercentiles(0.5, 0.99)
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
        batchSize = DistributionSummary.builder("helmwatch.batch.size")
                .description("Frames per run of the network")
                .baseUnit("frames")
                .tag("device", device)
                .serviceLevelObjectives(1, 2, 4, 8, 16, 32, 64)
                .register(registry);
        for (String label : labels) {
            detections.computeIfAbsent(
                    label,
                    name -> Counter.builder("helmwatch.detections")
                            .description("Objects found, by label")
                            .baseUnit("objects")
                            .tags("label", name, "device", device)
                            .register(registry));
        }
        Gauge.builder("helmwatch.model", () -> 1)
                .description("The network in use, in the tags; always 1")
                .tags("name", model.name(), "version", model.version())
                .tags("precision", model.precision(), "backend", model.backend(), "device", device)
                .register(registry);
    }

    /** A frame waited in the ring. Preprocess thread. */
    void queued(long nanos) {
        stages[Stage.QUEUE.ordinal()].record(nanos, TimeUnit.NANOSECONDS);
    }

    /** A batch was closed. Preprocess thread. */
    void preprocessed(int frames, long nanos) {
        stages[Stage.PREPROCESS.ordinal()].record(nanos, TimeUnit.NANOSECONDS);
        batchSize.record(frames);
    }

    /** A batch came back from the network. Postprocess thread. */
    void inferred(long nanos) {
        stages[Stage.INFERENCE.ordinal()].record(nanos, TimeUnit.NANOSECONDS);
    }

    /** A frame's boxes were found. Postprocess thread. */
    void postprocessed(long nanos) {
        stages[Stage.POSTPROCESS.ordinal()].record(nanos, TimeUnit.NANOSECONDS);
    }

    /** A frame was handed to the sinks. Sink thread. */
    void sunk(long nanos) {
        stages[Stage.SINK.ordinal()].record(nanos, TimeUnit.NANOSECONDS);
    }

    /** A frame's whole way. Sink thread. */
    void finished(long nanos) {
        latency.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** Counts what a frame showed. Release thread. */
    void detected(List<Detection> found) {
        for (int i = 0; i < found.size(); i++) {
            Counter counter = detections.get(found.get(i).label());
            if (counter != null) {
                counter.increment();
            }
        }
    }

    /** Latency of a stage so far. */
    HistogramSnapshot latencyOf(Stage stage) {
        return stages[stage.ordinal()].takeSnapshot();
    }

    /** Latency of whole frames so far. */
    HistogramSnapshot latency() {
        return latency.takeSnapshot();
    }

    /** Publishes the ring's and the failures' numbers. */
    void bind(HelmetPipeline pipeline, FailureLog failures) {
        Gauge.builder("helmwatch.ring.size", pipeline, HelmetPipeline::ringSize)
                .description("Slots of the ring")
                .baseUnit("slots")
                .tag("device", device)
                .register(registry);
        Gauge.builder("helmwatch.ring.depth", pipeline, HelmetPipeline::ringDepth)
                .description("Slots of the ring in use")
                .baseUnit("slots")
                .tag("device", device)
                .register(registry);
        for (Stage stage : Stage.values()) {
            FunctionCounter.builder("helmwatch.stage.failures", failures, log -> log.count(stage))
                    .description("Failures of a stage; each gives up a frame or a batch")
                    .baseUnit("failures")
                    .tags("stage", stage.tag(), "device", device)
                    .register(registry);
        }
    }

    /** Publishes a stream's numbers. */
    void bind(StreamFeed feed) {
        List<Meter> meters = new ArrayList<>();
        meters.add(counter(
                "helmwatch.decoded.frames",
                "Frames that left the decoder, whatever became of them",
                "frames",
                feed,
                StreamFeed::decoded,
                null));
        meters.add(counter(
                "helmwatch.analysed.frames",
                "Frames whose detections went to the sinks",
                "frames",
                feed,
                StreamFeed::analysed,
                null));
        for (DropCause cause : DropCause.values()) {
            meters.add(counter(
                    "helmwatch.dropped.frames",
                    "Decoded frames that were not analysed, by cause",
                    "frames",
                    feed,
                    f -> f.dropped(cause),
                    cause.tag()));
        }
        meters.add(counter(
                "helmwatch.stream.reconnects",
                "Times that a lost stream came back",
                "reconnects",
                feed,
                StreamFeed::reconnects,
                null));
        for (StreamStatus.State state : StreamStatus.State.values()) {
            meters.add(Gauge.builder(
                            "helmwatch.stream.state", feed, f -> f.status().state() == state ? 1 : 0)
                    .description("1 for the state that the stream is in, 0 for the others")
                    .tags("stream", feed.id(), "device", device)
                    .tag("state", state.name().toLowerCase(Locale.ROOT))
                    .register(registry));
        }
        meters.add(gauge(
                "helmwatch.stream.clock.offset",
                "Seconds that the camera's clock is ahead of ours; not a number where the camera does not tell its clock",
                "seconds",
                feed,
                f -> f.source().cameraClockOffsetSeconds()));
        meters.add(gauge(
                "helmwatch.stream.media.rate",
                "Seconds by the stream's timestamps per second of arrival; 1 is right",
                "ratio",
                feed,
                f -> f.source().mediaTimeRate()));
        meters.add(gauge(
                "helmwatch.stream.timed.by.arrival",
                "1 while frames are timed by arrival because the stream's timestamps do not advance with time, else 0",
                null,
                feed,
                f -> f.source().isTimedByArrival() ? 1 : 0));
        bound.put(feed, meters);
    }

    /** Takes a stream's numbers out of the registry. */
    void unbind(StreamFeed feed) {
        List<Meter> meters = bound.remove(feed);
        if (meters != null) {
            meters.forEach(registry::remove);
        }
    }

    private Meter gauge(
            String name,
            String description,
            @Nullable String unit,
            StreamFeed feed,
            ToDoubleFunction<StreamFeed> value) {
        return Gauge.builder(name, feed, value)
                .description(description)
                .baseUnit(unit)
                .tags("stream", feed.id(), "device", device)
                .register(registry);
    }

    private Meter counter(
            String name,
            String description,
            String unit,
            StreamFeed feed,
            ToDoubleFunction<StreamFeed> value,
            @Nullable String cause) {
        Tags tags = Tags.of("stream", feed.id(), "device", device);
        return FunctionCounter.builder(name, feed, value)
                .description(description)
                .baseUnit(unit)
                .tags(cause == null ? tags : tags.and("cause", cause))
                .register(registry);
    }

    /** Publishes the memory on and for the device by owner; called before each reading, as {@link #bindNativeMemory}. */
    void bindDeviceMemory() {
        for (NativeMemory.Entry entry : NativeMemory.outstanding()) {
            if (entry.kind() == NativeMemory.Kind.HOST || !entry.device().equals(device)) {
                continue;
            }
            Tags tags = Tags.of(
                    "device", device, "kind", entry.kind().name().toLowerCase(Locale.ROOT), "owner", entry.owner());
            if (registry.find(CUDA_MEMORY).tags(tags).gauge() == null) {
                NativeMemory.Account account = NativeMemory.account(entry.kind(), device, entry.owner());
                Gauge.builder(CUDA_MEMORY, account, NativeMemory.Account::bytes)
                        .description("Memory on the GPU (device) and page-locked for it (pinned), by owner")
                        .baseUnit("bytes")
                        .tags(tags)
                        .register(registry);
            }
        }
    }

    /** Publishes what the owners of native memory hold; called before each reading, since owners appear as they come into use. */
    public static void bindNativeMemory(MeterRegistry registry) {
        for (NativeMemory.Entry entry : NativeMemory.entries()) {
            String owner = entry.owner();
            if (entry.kind() == NativeMemory.Kind.HOST
                    && registry.find(NATIVE_MEMORY).tag("owner", owner).gauge() == null) {
                Gauge.builder(NATIVE_MEMORY, NativeMemory.account(owner), NativeMemory.Account::bytes)
                        .description("Pageable native memory in use, by owner")
                        .baseUnit("bytes")
                        .tag("owner", owner)
                        .register(registry);
            }
        }
    }
}
