package io.helmwatch.pipeline.ring;

import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.dsl.Disruptor;
import com.lmax.disruptor.dsl.ProducerType;
import io.helmwatch.config.InferenceConfig;
import io.helmwatch.config.PipelineConfig;
import io.helmwatch.inference.InferenceLane;
import io.helmwatch.inference.ModelInfo;
import io.helmwatch.ingest.FrameSource;
import io.helmwatch.sinks.DetectionSink;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Streams in, detections out: one ring, one slot per frame, one thread per stream and per stage.
 *
 * <pre>
 * decode-ID ─┐                        ┌─▶ infer-0 ─┐
 * decode-ID ─┼─▶ ring ─▶ preprocess ──┤            ├─▶ postprocess ─▶ sink ─▶ release
 * decode-ID ─┘                        └─▶ infer-N ─┘
 * </pre>
 *
 * <p>Threading: streams may be added by any thread; closed by one. Ownership: owns the ring with its leases and the threads; stages,
 * sinks and analyzers belong to the caller, who closes them after the pipeline.
 */
public final class HelmetPipeline implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HelmetPipeline.class);
    private static final long POLL_NANOS = 1_000_000;

    private final Stages stages;
    private final PipelineConfig config;
    private final int expectedStreams;
    private final long epochSeconds = System.currentTimeMillis() / 1000;
    private final FailureLog failures = new FailureLog();
    private final PipelineMetrics metrics;
    private final LaneRotation lanes;
    private final Disruptor<FrameSlot> disruptor;
    private final RingBuffer<FrameSlot> ring;
    private final ReleaseHandler release;
    private final Collection<Thread> threads = new ConcurrentLinkedQueue<>();
    private final Map<String, StreamFeed> feeds = new ConcurrentSkipListMap<>();
    private boolean closed;

    private HelmetPipeline(
            Stages stages,
            PipelineConfig config,
            InferenceConfig inference,
            List<FrameAnalyzer> analyzers,
            List<? extends DetectionSink> sinks,
            MeterRegistry registry,
            int expectedStreams) {
        ModelInfo model = stages.engine().model();
        this.stages = stages;
        this.config = config;
        this.expectedStreams = Math.max(1, expectedStreams);
        this.metrics = new PipelineMetrics(registry, stages.device(), model.identity(), model.labels());
        this.lanes = new LaneRotation(batchLanes(stages));

        ParkingWaitStrategy waits =
                new ParkingWaitStrategy(stages.lanes().get(0).maxBatch(), inference.maxDelay());
        int slots = RingSize.choose(config.ringSize(), this.expectedStreams, stages);
        this.disruptor = new Disruptor<>(
                () -> new FrameSlot(stages.newLease().get()), slots, threads(), ProducerType.MULTI, waits);
        this.ring = disruptor.getRingBuffer();
        disruptor.setDefaultExceptionHandler(new PipelineExceptionHandler());

        PreprocessHandler preprocess = new PreprocessHandler(
                stages.preprocessor(), lanes, config.maxFrameAge().toNanos(), metrics, waits, failures);
        InferenceHandler[] infer = new InferenceHandler[stages.workers()];
        for (int worker = 0; worker < infer.length; worker++) {
            infer[worker] = new InferenceHandler(worker, waits, failures);
        }
        PostprocessHandler postprocess =
                new PostprocessHandler(stages.postprocessor(), lanes, metrics, waits, failures);
        SinkHandler sink = new SinkHandler(model.identity(), analyzers, sinks, metrics, waits, failures);
        this.release = new ReleaseHandler(metrics, waits, failures);

        disruptor
                .handleEventsWith(preprocess)
                .then(infer)
                .then(postprocess)
                .then(sink)
                .then(release);
    }

    /**
     * Builds the ring and starts the stages; streams are added afterwards.
     *
     * @param stages the backend's stages
     * @param config ring and limits
     * @param inference how long batches may wait
     * @param analyzers work on detections before the sinks, in this order
     * @param sinks get what was found
     * @param registry gets the meters
     * @param expectedStreams streams that share the ring
     */
    public static HelmetPipeline start(
            Stages stages,
            PipelineConfig config,
            InferenceConfig inference,
            List<FrameAnalyzer> analyzers,
            List<? extends DetectionSink> sinks,
            MeterRegistry registry,
            int expectedStreams) {
        HelmetPipeline pipeline =
                new HelmetPipeline(stages, config, inference, analyzers, sinks, registry, expectedStreams);
        pipeline.metrics.bind(pipeline, pipeline.failures);
        pipeline.disruptor.start();
        LOG.info("{}", stages.description());
        LOG.info("{}", RingSize.describe(pipeline.ringSize(), stages));
        return pipeline;
    }

    private ThreadFactory threads() {
        return work -> {
            Thread thread = new Thread(work, "stage");
            threads.add(thread);
            return thread;
        };
    }

    private static List<BatchLane> batchLanes(Stages stages) {
        List<BatchLane> lanes = new ArrayList<>();
        for (InferenceLane lane : stages.lanes()) {
            lanes.add(new BatchLane(lane, lanes.size() % stages.workers()));
        }
        return lanes;
    }

    /** Starts a stream on a thread of its own. */
    public synchronized void add(FrameSource source) {
        if (closed) {
            throw new IllegalStateException("stream " + source.id() + " cannot be added: the pipeline is closed");
        }
        StreamFeed feed = new StreamFeed(source, ring, shareOf(source), epochSeconds, stages.device());
        if (feeds.putIfAbsent(source.id(), feed) != null) {
            throw new IllegalArgumentException("stream id " + source.id() + " is used twice: ids must differ");
        }
        metrics.bind(feed);
        feed.start();
    }

    /**
     * A live stream may hold twice its even share, so that one that floods leaves room for the others; a file leaves one slot of
     * its even share free, so that it waits for its own frames and not for the ring.
     */
    private int shareOf(FrameSource source) {
        int even = ring.getBufferSize() / expectedStreams;
        return source.isLive() ? Math.min(ring.getBufferSize(), Math.max(2, 2 * even)) : Math.max(1, even - 1);
    }

    /** Forgets a stream that has {@linkplain #isDone(String) come to its end}, so that its id can be used again. */
    public synchronized void remove(String streamId) {
        StreamFeed feed = feeds.get(streamId);
        if (feed == null || !feed.isDone()) {
            throw new IllegalStateException("stream " + streamId + " cannot be removed: it is not at its end");
        }
        feeds.remove(streamId);
        metrics.unbind(feed);
    }

    /** Stops one stream; returns at once. Its frames on the way are still analysed. */
    public void stop(String streamId) {
        StreamFeed feed = feeds.get(streamId);
        if (feed != null) {
            feed.stop();
        }
    }

    /** Stops every stream; returns at once. */
    public void stopAll() {
        feeds.values().forEach(StreamFeed::stop);
    }

    /** Whether a stream ended and all its frames have passed. */
    public boolean isDone(String streamId) {
        StreamFeed feed = feeds.get(streamId);
        return feed == null || feed.isDone();
    }

    /** Waits until every stream has ended and all frames have passed: for files, their end; for cameras, until they are stopped. */
    public void awaitStreams() throws InterruptedException {
        for (StreamFeed feed : feeds.values()) {
            feed.awaitSource(Long.MAX_VALUE);
        }
        while (!feeds.values().stream().allMatch(StreamFeed::isDone)) {
            TimeUnit.NANOSECONDS.sleep(POLL_NANOS);
        }
    }

    /** Waits until one stream has ended and all its frames have passed. */
    public void awaitStream(String streamId) throws InterruptedException {
        StreamFeed feed = feeds.get(streamId);
        if (feed != null) {
            feed.awaitSource(Long.MAX_VALUE);
            while (!feed.isDone()) {
                TimeUnit.NANOSECONDS.sleep(POLL_NANOS);
            }
        }
    }

    /** The streams as they are now, by id. */
    public Collection<StreamFeed> feeds() {
        return feeds.values();
    }

    /** The threads that frames pass: of stages and streams. */
    public List<Thread> workThreads() {
        List<Thread> work = new ArrayList<>(threads);
        feeds.values().forEach(feed -> work.add(feed.thread()));
        return work;
    }

    PipelineMetrics metrics() {
        return metrics;
    }

    /** Publishes owners of the device's memory that came into use since the last call. */
    public void bindDeviceMemory() {
        metrics.bindDeviceMemory();
    }

    public FailureLog failures() {
        return failures;
    }

    public Stages stages() {
        return stages;
    }

    /** Slots of the ring. */
    public int ringSize() {
        return ring.getBufferSize();
    }

    /** Slots in use. */
    public int ringDepth() {
        return (int) Math.max(0, ring.getCursor() - passed());
    }

    /** Slots that have left the ring since the start: stands still when the stages hang. */
    public long passed() {
        return disruptor.getSequenceValueFor(release);
    }

    /** Whether every stage's thread runs. */
    public boolean isRunning() {
        return threads.stream().allMatch(Thread::isAlive);
    }

    /**
     * Ends the sources, drains the ring, stops the stages, gives the leases back. Takes at most {@link PipelineConfig#shutdownTimeout}; what
     * could not be drained by then is given up and logged. A second call does nothing.
     */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        long deadline = System.nanoTime() + config.shutdownTimeout().toNanos();
        stopAll();
        boolean interrupted = false;
        List<String> late = new ArrayList<>();
        for (StreamFeed feed : feeds.values()) {
            try {
                if (!feed.awaitSource(deadline - System.nanoTime())) {
                    late.add(feed.id());
                }
            } catch (InterruptedException interrupt) {
                interrupted = true;
            }
        }
        if (!late.isEmpty()) {
            LOG.warn("streams {} did not end within {} and are left behind", late, config.shutdownTimeout());
        }
        while (ringDepth() > 0 && System.nanoTime() < deadline) {
            LockSupport.parkNanos(POLL_NANOS);
            interrupted |= Thread.interrupted();
        }
        if (ringDepth() > 0) {
            LOG.warn(
                    "{} frames were not analysed within the shutdown timeout {}",
                    ringDepth(),
                    config.shutdownTimeout());
        }
        feeds.values().forEach(StreamFeed::abandon);
        lanes.close();
        disruptor.halt();
        interrupted |= joinStages();
        if (isStopped()) {
            for (int i = 0; i < ring.getBufferSize(); i++) {
                ring.get(i).lease().close();
            }
        } else {
            // A stage still works on a slot: freeing its picture would crash the process, which ends soon anyway.
            LOG.error("a stage does not stop; its frames are left behind");
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether no thread of ours can touch a stage or a lease any more; after {@link #close} false only when one hangs. */
    public boolean isStopped() {
        return threads.stream().noneMatch(Thread::isAlive)
                && feeds.values().stream().allMatch(StreamFeed::isSourceEnded);
    }

    private boolean joinStages() {
        boolean interrupted = false;
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
        for (Thread thread : threads) {
            while (thread.isAlive() && System.nanoTime() < deadline) {
                LockSupport.parkNanos(POLL_NANOS);
                interrupted |= Thread.interrupted();
            }
        }
        return interrupted;
    }
}
