package io.helmwatch.pipeline.metrics;

import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.StreamStatus;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The meters of one stream. Tags are bounded: configured ids, causes, states, the model's labels.
 *
 * <p>Threading: as {@link io.helmwatch.pipeline.ring.PipelineListener}; recording allocates nothing.
 */
final class StreamMeters {
    private static final Duration[] BUCKETS = {
        Duration.ofMillis(100), Duration.ofMillis(500), Duration.ofSeconds(1), Duration.ofMillis(2500)
    };

    private final MeterRegistry registry;
    private final StreamFeed feed;
    private final Tags tags;
    private final List<Meter> meters = new ArrayList<>();
    private final Timer latency;
    private final Map<String, Counter> detections = new HashMap<>();

    StreamMeters(MeterRegistry registry, StreamFeed feed, String device, Iterable<String> labels) {
        this.registry = registry;
        this.feed = feed;
        this.tags = Tags.of("stream", feed.id(), "device", device);
        counter("helmwatch.decoded.frames", "Frames decoded, analysed or not", "frames", tags, StreamFeed::decoded);
        counter("helmwatch.analysed.frames", "Frames analysed", "frames", tags, StreamFeed::analysed);
        for (DropCause cause : DropCause.values()) {
            counter(
                    "helmwatch.dropped.frames",
                    "Frames dropped before analysis, by cause",
                    "frames",
                    tags.and("cause", cause.tag()),
                    f -> f.dropped(cause));
        }
        counter(
                "helmwatch.stream.reconnects",
                "Reconnects after a lost connection",
                "reconnects",
                tags,
                StreamFeed::reconnects);
        for (StreamStatus.State state : StreamStatus.State.values()) {
            gauge(
                    "helmwatch.stream.state",
                    "1 for the current state of the stream, 0 for the others",
                    null,
                    tags.and("state", state.name().toLowerCase(Locale.ROOT)),
                    f -> f.status().state() == state ? 1 : 0);
        }
        gauge(
                "helmwatch.stream.retries",
                "Failed retries since the stream went offline",
                "retries",
                tags,
                StreamFeed::retries);
        gauge(
                "helmwatch.stream.wanted.rate",
                "Frames per second that are to be analysed, over the last ten seconds",
                "frames",
                tags,
                f -> f.rates().wantedPerSecond());
        gauge(
                "helmwatch.stream.analysed.rate",
                "Frames per second that are analysed, over the last ten seconds",
                "frames",
                tags,
                f -> f.rates().analysedPerSecond());
        gauge(
                "helmwatch.stream.clock.offset",
                "Offset of the camera's clock from ours, NaN where the camera does not send its time",
                "seconds",
                tags,
                f -> f.source().cameraClockOffsetSeconds());
        gauge(
                "helmwatch.stream.media.rate",
                "Media time per arrival time; 1 is correct",
                "ratio",
                tags,
                f -> f.source().mediaTimeRate());
        gauge(
                "helmwatch.stream.timed.by.arrival",
                "1 while frames are timed by arrival because the timestamps of the stream are not usable",
                null,
                tags,
                f -> f.source().isTimedByArrival() ? 1 : 0);
        latency = Timer.builder("helmwatch.stream.latency")
                .description("Latency of a frame from the decoder to the sinks, by stream")
                .tags(tags)
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
        meters.add(latency);
        for (String label : labels) {
            Counter counter = Counter.builder("helmwatch.stream.detections")
                    .description("Detected objects, by stream and label")
                    .baseUnit("objects")
                    .tags(tags.and("label", label))
                    .register(registry);
            if (detections.put(label, counter) == null) {
                meters.add(counter);
            }
        }
    }

    private void counter(String name, String description, String unit, Tags all, ToDoubleFunction<StreamFeed> value) {
        meters.add(FunctionCounter.builder(name, feed, value)
                .description(description)
                .baseUnit(unit)
                .tags(all)
                .register(registry));
    }

    private void gauge(
            String name, String description, @Nullable String unit, Tags all, ToDoubleFunction<StreamFeed> value) {
        meters.add(Gauge.builder(name, feed, value)
                .description(description)
                .baseUnit(unit)
                .tags(all)
                .register(registry));
    }

    void recordLatency(long nanos) {
        latency.record(nanos, TimeUnit.NANOSECONDS);
    }

    void countDetections(List<Detection> found) {
        for (int i = 0; i < found.size(); i++) {
            Counter counter = detections.get(found.get(i).label());
            if (counter != null) {
                counter.increment();
            }
        }
    }

    /** Removes the meters from the registry. */
    void remove() {
        meters.forEach(registry::remove);
    }
}
