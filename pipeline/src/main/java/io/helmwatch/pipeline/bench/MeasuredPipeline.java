package io.helmwatch.pipeline.bench;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.pipeline.ring.HelmetPipeline;
import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.VideoFrame;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SingleWriterRecorder;

/**
 * A pipeline without sinks that can be measured repeatedly while it runs.
 *
 * <p>Threading: one thread. Ownership: closes the pipeline; the stages are the caller's.
 */
final class MeasuredPipeline implements AutoCloseable {
    /** Frames of every stream before the first measurement. */
    private static final int WARM_UP_FRAMES = 8;

    /** Longest wait for the first frames of a further stream: a thousand streams take their time together. */
    private static final long MAX_START_NANOS = 30_000_000_000L;

    private final OpenedBackend backend;
    private final Watcher watcher = new Watcher();
    private final HelmetPipeline pipeline;
    private boolean complete;

    /**
     * Latency in milliseconds, from the end of decoding to the sinks; 0 without frames.
     *
     * @param p50 median
     * @param p99 99th percentile
     * @param max maximum
     */
    record Latency(double p50, double p99, double max) {
        static Latency of(Histogram micros) {
            return new Latency(
                    micros.getValueAtPercentile(50) / 1e3,
                    micros.getValueAtPercentile(99) / 1e3,
                    micros.getMaxValue() / 1e3);
        }
    }

    /**
     * One measurement.
     *
     * @param frames analysed
     * @param fps frames analysed per second
     * @param latency from the end of decoding to the sinks
     * @param dropped frames dropped for any cause but sampling
     * @param detectionsPerFrame mean number of boxes
     * @param bytesPerFrame heap allocated per frame by the pipeline's threads, by role
     * @param usage resources used by the process
     */
    record Measurement(
            long frames,
            double fps,
            Latency latency,
            long dropped,
            double detectionsPerFrame,
            Map<String, Double> bytesPerFrame,
            ResourceMeter.Usage usage) {

        StageBenchmark.Speed speed() {
            return new StageBenchmark.Speed(fps, frames == 0 ? 0 : usage.cpuSeconds() * 1e3 / frames);
        }
    }

    private MeasuredPipeline(
            OpenedBackend backend, HelmwatchConfig config, int streams, FatalErrorHandler fatalErrors) {
        this.backend = backend;
        pipeline = backend.pipeline(fatalErrors)
                .config(config.pipeline())
                .maxBatchDelay(config.inference().maxDelay())
                .analyzers(List.of(watcher))
                .expectedStreams(streams)
                .start();
    }

    /**
     * Starts the streams and waits until all of them deliver frames.
     *
     * @param staggerNanos pause between two starts, so that paced streams do not deliver their frames at the same moments
     * @param fatalErrors handles the loss of the device
     */
    static MeasuredPipeline start(
            OpenedBackend backend,
            HelmwatchConfig config,
            List<StreamConfig> streams,
            long staggerNanos,
            FatalErrorHandler fatalErrors)
            throws InterruptedException {
        MeasuredPipeline measured = new MeasuredPipeline(backend, config, streams.size(), fatalErrors);
        try {
            for (StreamConfig stream : streams) {
                measured.pipeline.add(backend.newSource(stream));
                TimeUnit.NANOSECONDS.sleep(staggerNanos);
            }
            measured.complete = measured.awaitFrames();
            return measured;
        } catch (InterruptedException | RuntimeException e) {
            measured.close();
            throw e;
        }
    }

    /** Whether every stream delivered frames in time. */
    boolean isComplete() {
        return complete;
    }

    private boolean awaitFrames() throws InterruptedException {
        long deadline = System.nanoTime() + MAX_START_NANOS;
        long least = Long.MAX_VALUE;
        for (long waiting = waiting(); waiting > 0 && System.nanoTime() < deadline; waiting = waiting()) {
            if (waiting < least) {
                least = waiting;
                deadline = System.nanoTime() + MAX_START_NANOS;
            }
            TimeUnit.MILLISECONDS.sleep(1);
        }
        boolean all = true;
        for (StreamFeed feed : pipeline.feeds()) {
            all &= feed.analysed() >= WARM_UP_FRAMES;
            if (feed.status().state() == StreamStatus.State.FAILED) {
                throw new IllegalStateException("stream " + feed.id() + " delivers no frames: "
                        + feed.status().reason());
            }
        }
        return all;
    }

    /** Streams that have not delivered their first frames yet. */
    private long waiting() {
        return pipeline.feeds().stream()
                .filter(feed -> feed.analysed() < WARM_UP_FRAMES && !feed.isSourceEnded())
                .count();
    }

    /**
     * Measures.
     *
     * @param nanos duration
     * @param untilDropped whether the first dropped frame ends the measurement early
     */
    Measurement measure(long nanos, boolean untilDropped) throws InterruptedException {
        AllocationMeter allocation = AllocationMeter.start(pipeline.workThreads());
        watcher.latency.reset();
        long detectionsBefore = watcher.detections.get();
        long analysed = analysed();
        long dropped = dropped();
        try (ResourceMeter meter = ResourceMeter.start(backend)) {
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
                    Latency.of(watcher.latency.getIntervalHistogram()),
                    dropped() - dropped,
                    (double) (watcher.detections.get() - detectionsBefore) / Math.max(1, frames),
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

    /** Stops the streams and closes the pipeline. */
    @Override
    public void close() {
        pipeline.close();
    }

    /** Observes analysed frames; on the sink thread. */
    private static final class Watcher implements FrameAnalyzer {
        private static final long MAX_MICROS = TimeUnit.HOURS.toMicros(1);

        private final SingleWriterRecorder latency = new SingleWriterRecorder(1, MAX_MICROS, 3);
        private final AtomicLong detections = new AtomicLong();

        @Override
        public FrameDetections analyze(FrameDetections found, VideoFrame frame) {
            long micros = (System.nanoTime() - frame.receivedNanos()) / 1_000;
            latency.recordValue(Math.max(0, Math.min(MAX_MICROS, micros)));
            detections.lazySet(detections.get() + found.detections().size());
            return found;
        }

        @Override
        public void close() {
            // Holds nothing.
        }
    }
}
