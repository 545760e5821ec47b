package io.helmwatch.pipeline.evaluation;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.pipeline.ring.HelmetPipeline;
import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.resource.Quantity;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamStatus;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Plays images, clips and URLs through one pipeline to their end, outside the service: {@code detect}, {@code eval}, {@code compare} and
 * {@code replay}. A source that cannot be played has a problem in its outcome; the others are played all the same. A source that goes
 * offline is stopped, since nobody waits for its reconnection.
 *
 * <p>Threading: one thread plays, any thread may {@link #stop}. Ownership: closes the pipeline; stages, analyzers and sinks belong to the
 * caller, who closes them afterwards.
 */
public final class OfflineRun implements AutoCloseable {
    private final OpenedBackend backend;
    private final HelmetPipeline pipeline;
    private final int concurrency;
    private final Map<String, String> problems = new ConcurrentHashMap<>();
    private long knownFailures;
    private volatile boolean stopped;

    /**
     * Result for one source.
     *
     * @param stream id of the stream that it was played as
     * @param frames analysed frames
     * @param problem why the source was not analysed completely, in one sentence that names it; empty when it was
     */
    public record Outcome(String stream, long frames, String problem) {
        /** Whether every frame was analysed. */
        public boolean isComplete() {
            return problem.isEmpty();
        }
    }

    private OfflineRun(
            OpenedBackend backend,
            HelmwatchConfig config,
            List<FrameAnalyzer> analyzers,
            List<? extends DetectionSink> sinks,
            int concurrency,
            FatalErrorHandler fatalErrors) {
        this.backend = backend;
        this.concurrency = concurrency;
        List<DetectionSink> all = new ArrayList<>(sinks);
        all.add(new ProblemWatch());
        this.pipeline = backend.pipeline(fatalErrors)
                .config(config.pipeline())
                .maxBatchDelay(config.inference().maxDelay())
                .analyzers(analyzers)
                .sinks(all)
                .expectedStreams(concurrency)
                .start();
    }

    /**
     * Starts a pipeline without sources.
     *
     * @param config ring, limits and batch delay; its streams and sinks are ignored
     * @param analyzers see every frame before the sinks, in this order
     * @param sinks receive what the sources show
     * @param concurrency sources that {@link #playAll} plays at the same time
     * @param fatalErrors handles the loss of the device
     */
    public static OfflineRun start(
            OpenedBackend backend,
            HelmwatchConfig config,
            List<FrameAnalyzer> analyzers,
            List<? extends DetectionSink> sinks,
            int concurrency,
            FatalErrorHandler fatalErrors) {
        return new OfflineRun(backend, config, analyzers, sinks, concurrency, fatalErrors);
    }

    /** Plays one source to its end. */
    public Outcome play(StreamConfig source) throws InterruptedException {
        return playAll(List.of(source)).get(0);
    }

    /** Plays all sources to their ends; outcomes are in the order of the sources. */
    public List<Outcome> playAll(List<StreamConfig> sources) throws InterruptedException {
        List<Outcome> outcomes = new ArrayList<>();
        Deque<StreamConfig> playing = new ArrayDeque<>();
        for (StreamConfig source : sources) {
            if (playing.size() == concurrency) {
                outcomes.add(awaitEnd(playing.remove()));
            }
            pipeline.add(backend.newSource(source));
            playing.add(source);
            if (stopped) {
                pipeline.stopAll();
            }
        }
        while (!playing.isEmpty()) {
            outcomes.add(awaitEnd(playing.remove()));
        }
        return outcomes;
    }

    /** Stops the sources that play; later ones end at once. Returns immediately. */
    public void stop() {
        stopped = true;
        pipeline.stopAll();
    }

    /** Whether {@link #stop} was called: outcomes may then lack frames without a problem. */
    public boolean isStopped() {
        return stopped;
    }

    private Outcome awaitEnd(StreamConfig source) throws InterruptedException {
        String id = source.id();
        pipeline.awaitStream(id);
        StreamFeed feed = pipeline.feeds().stream()
                .filter(one -> one.id().equals(id))
                .findFirst()
                .orElseThrow();
        long analysed = feed.analysed();
        long failed = Math.max(feed.dropped(DropCause.FAILED), newFailures());
        pipeline.remove(id);
        String problem = problems.getOrDefault(id, "");
        if (problem.isEmpty() && failed > 0) {
            problem = Quantity.of(failed, "frame") + " could not be analysed; --verbose shows why";
        }
        return new Outcome(
                id,
                analysed,
                problem.isEmpty() || problem.contains(source.url()) ? problem : source.url() + ": " + problem);
    }

    /** Failures of stages, analyzers and sinks since the last source ended; with several at a time they cannot be assigned to one. */
    private long newFailures() {
        long before = knownFailures;
        knownFailures = pipeline.failures().count();
        return concurrency == 1 ? knownFailures - before : 0;
    }

    /** Stops what plays and closes the pipeline. */
    @Override
    public void close() {
        pipeline.close();
    }

    /** Notes why sources fail; on the pipeline's sink thread. */
    private final class ProblemWatch implements DetectionSink {
        @Override
        public String name() {
            return "problems";
        }

        @Override
        public void publish(FrameDetections frame) {
            // Frames are the other sinks' business.
        }

        @Override
        public void publish(StreamStatus status) {
            if (status.state() == StreamStatus.State.FAILED || status.state() == StreamStatus.State.OFFLINE) {
                problems.putIfAbsent(status.stream(), status.reason());
                pipeline.stop(status.stream());
            }
        }

        @Override
        public void close() {
            // Holds nothing.
        }
    }
}
