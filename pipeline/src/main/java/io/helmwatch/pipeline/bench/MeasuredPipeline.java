package io.helmwatch.pipeline.bench;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.StreamConfig;
import io.helmwatch.pipeline.cli.CommandFailure;
import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.pipeline.ring.HelmetPipeline;
import io.helmwatch.pipeline.ring.Stages;
import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.VideoFrame;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * A pipeline without sinks that is measured while it runs, as often as wanted.
 *
 * <p>Threading: one thread. Ownership: closes the pipeline; the stages are the caller's.
 */
final class MeasuredPipeline implements AutoCloseable {
    /** Frames of every stream before anything is measured. */
    private static final int WARM_UP_FRAMES = 8;

    private static final long LONGEST_START_NANOS = 30_000_000_000L;

    private final Stages stages;
    private final Watcher watcher = new Watcher();
    private final HelmetPipeline pipeline;
    private boolean complete;

    /**
     * One measurement.
     *
     * @param frames analysed
     * @param fps frames analysed per second
     * @param latency from leaving the decoder to the sinks
     * @param dropped frames dropped for any cause but sampling
     * @param detectionsPerFrame mean number of boxes
     * @param bytesPerFrame heap taken per frame by the pipeline's threads, by role
     * @param usage what the process used
     */
    record Measurement(
            long frames,
            double fps,
            LatencyHistogram.Percentiles latency,
            long dropped,
            double detectionsPerFrame,
            Map<String, Double> bytesPerFrame,
            ResourceMeter.Usage usage) {

        StageBenchmark.Speed speed() {
            return new StageBenchmark.Speed(fps, frames == 0 ? 0 : usage.cpuSeconds() * 1e3 / frames);
        }
    }

    private MeasuredPipeline(Stages stages, HelmwatchConfig config, int streams) {
        this.stages = stages;
        pipeline = HelmetPipeline.start(
                stages,
                config.pipeline(),
                config.inference(),
                List.of(watcher),
                List.of(),
                new SimpleMeterRegistry(),
                streams);
    }

    /**
     * Starts the streams and waits until all of them give frames.
     *
     * @param staggerNanos pause between two starts, so that streams with a rhythm of their own do not beat together
     */
    static MeasuredPipeline start(Stages stages, HelmwatchConfig config, List<StreamConfig> streams, long staggerNanos)
            throws InterruptedException {
        MeasuredPipeline measured = new MeasuredPipeline(stages, config, streams.size());
        try {
            for (StreamConfig stream : streams) {
                measured.pipeline.add(stages.newSource().apply(stream));
                TimeUnit.NANOSECONDS.sleep(staggerNanos);
            }
            measured.complete = measured.awaitFrames();
            return measured;
        } catch (InterruptedException | RuntimeException e) {
            measured.close();
            throw e;
        }
    }

    /** Whether every stream gave frames in time. */
    boolean isComplete() {
        return complete;
    }

    private boolean awaitFrames() throws InterruptedException {
        long deadline = System.nanoTime() + LONGEST_START_NANOS;
        while (pipeline.feeds().stream().anyMatch(feed -> feed.analysed() < WARM_UP_FRAMES && !feed.isSourceEnded())
                && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        boolean all = true;
        for (StreamFeed feed : pipeline.feeds()) {
            all &= feed.analysed() >= WARM_UP_FRAMES;
            if (feed.status().state() == StreamStatus.State.FAILED) {
                throw CommandFailure.failed(
                        "stream " + feed.id() + " gives no frames: "
                                + feed.status().reason(),
                        null);
            }
        }
        return all;
    }

    /** Measures for a while, or until frames are dropped if that ends it. */
    Measurement measure(long nanos, boolean untilDropped) throws InterruptedException {
        AllocationMeter allocation = AllocationMeter.start(pipeline.workThreads());
        long[] before = watcher.latency.snapshot();
        long detectionsBefore = watcher.detections;
        long analysed = analysed();
        long dropped = dropped();
        try (ResourceMeter meter = ResourceMeter.start(stages)) {
            long end = System.nanoTime() + nanos;
            for (long left = nanos; left > 0; left = end - System.nanoTime()) {
                TimeUnit.NANOSECONDS.sleep(Math.min(left, untilDropped ? 50_000_000 : left));
                if (untilDropped && dropped() > dropped) {
                    break;
                }
            }
            long frames = analysed() - analysed;
            ResourceMeter.Usage usage = meter.stop();
            Map<String, Double> bytes = new TreeMap<>();
            allocation.bytesByRole().forEach((role, count) -> bytes.put(role, (double) count / Math.max(1, frames)));
            return new Measurement(
                    frames,
                    frames / usage.seconds(),
                    watcher.latency.since(before),
                    dropped() - dropped,
                    (double) (watcher.detections - detectionsBefore) / Math.max(1, frames),
                    bytes,
                    usage);
        }
    }

    private long analysed() {
        return pipeline.feeds().stream().mapToLong(StreamFeed::analysed).sum();
    }

    private long dropped() {
        return pipeline.feeds().stream()
                .mapToLong(feed -> feed.dropped() - feed.dropped(DropCause.SAMPLED))
                .sum();
    }

    /** Ends the streams and the pipeline. */
    @Override
    public void close() {
        pipeline.close();
    }

    /** Notes when frames come through; on the sink thread. */
    private static final class Watcher implements FrameAnalyzer {
        private final LatencyHistogram latency = new LatencyHistogram();
        private volatile long detections;

        @Override
        @SuppressWarnings("NonAtomicVolatileUpdate") // written by one thread only
        public FrameDetections analyze(FrameDetections found, VideoFrame frame) {
            latency.record(System.nanoTime() - frame.receivedNanos());
            detections += found.detections().size();
            return found;
        }

        @Override
        public void close() {
            // Holds nothing.
        }
    }
}
