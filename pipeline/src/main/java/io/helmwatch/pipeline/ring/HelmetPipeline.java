package io.helmwatch.pipeline.ring;

import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.dsl.Disruptor;
import com.lmax.disruptor.dsl.ProducerType;
import io.helmwatch.config.PipelineConfig;
import io.helmwatch.inference.InferenceLane;
import io.helmwatch.inference.ModelInfo;
import io.helmwatch.ingest.FrameSource;
import io.helmwatch.pipeline.ring.failure.FailureLog;
import io.helmwatch.resource.Quantity;
import io.helmwatch.vision.FrameLease;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
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

    private final PipelineConfig config;
    private final FailureLog failures;
    private final Disruptor<FrameSlot> disruptor;
    private final RingBuffer<FrameSlot> ring;
    private final PreprocessHandler preprocess;
    private final int maxWorkers;
    private final ReleaseHandler release;
    private final Collection<Thread> threads = new ConcurrentLinkedQueue<>();
    private final StreamFeeds streams;
    private boolean closed;

    private HelmetPipeline(PipelineBuilder settings) {
        Stages stages = settings.stages;
        ModelInfo model = stages.engine().model();
        this.config = settings.config;
        int expected = Math.max(1, settings.expectedStreams);
        this.failures = new FailureLog(settings.fatalErrors);
        this.maxWorkers = stages.maxWorkers();

        ParkingWaitStrategy waits =
                new ParkingWaitStrategy(stages.lanes().get(0).maxBatch(), settings.maxBatchDelay);
        int slots = RingSize.choose(config.ringSize(), expected, stages);
        this.disruptor = new Disruptor<>(
                () -> new FrameSlot(settings.newLease.get()), slots, threads(), ProducerType.MULTI, waits);
        this.ring = disruptor.getRingBuffer();
        PipelineListener listener = settings.listener;
        this.streams = new StreamFeeds(ring, expected, settings.epochs, settings.device, listener);
        disruptor.setDefaultExceptionHandler(new PipelineExceptionHandler());

        this.preprocess = new PreprocessHandler(
                stages.preprocessor(),
                model.sizing(),
                new LaneRotation(stages.lanes(), stages.workers()),
                config.maxFrameAge().toNanos(),
                listener,
                waits,
                failures);
        InferenceHandler[] infer = new InferenceHandler[stages.maxWorkers()];
        for (int worker = 0; worker < infer.length; worker++) {
            infer[worker] = new InferenceHandler(worker, waits, failures);
        }
        PostprocessHandler postprocess = new PostprocessHandler(stages.postprocessor(), listener, waits, failures);
        SinkHandler sink =
                new SinkHandler(model.identity(), settings.analyzers, settings.sinks, listener, waits, failures);
        this.release = new ReleaseHandler(listener, waits, failures);

        disruptor
                .handleEventsWith(preprocess)
                .then(infer)
                .then(postprocess)
                .then(sink)
                .then(release);
    }

    /**
     * Prepares a pipeline; {@link PipelineBuilder#start} starts it.
     *
     * @param stages belong to the caller and outlive the pipeline
     * @param newLease creates the lease of a slot, of the kind that the sources deliver
     */
    public static PipelineBuilder builder(Stages stages, Supplier<FrameLease> newLease) {
        return new PipelineBuilder(stages, newLease);
    }

    static HelmetPipeline start(PipelineBuilder settings) {
        HelmetPipeline pipeline = new HelmetPipeline(settings);
        settings.listener.onStart(pipeline);
        pipeline.disruptor.start();
        LOG.info("{}", RingSize.describe(pipeline.ringSize(), settings.stages));
        return pipeline;
    }

    private ThreadFactory threads() {
        return work -> {
            Thread thread = new Thread(work, "stage");
            threads.add(thread);
            return thread;
        };
    }

    /**
     * Runs the model on other lanes, from the next batch on; no frame is dropped and their order stays. The lanes belong to the caller,
     * must hold as many images as those of the stages, and must not be in use here.
     *
     * @param lanes in the order of use; a lane runs on worker {@code index % workers}
     * @param workers inference threads to use, at most {@link Stages#maxWorkers}
     * @return whether the lanes used before have completed their batches: from then on they may be closed, or used again
     */
    public BooleanSupplier useLanes(List<InferenceLane> lanes, int workers) {
        if (workers < 1 || workers > maxWorkers || lanes.size() < workers) {
            throw new IllegalArgumentException(
                    workers + " workers on " + lanes.size() + " lanes: 1 to " + maxWorkers + " workers are possible");
        }
        return preprocess.use(new LaneRotation(lanes, workers));
    }

    /** Inference threads in use. */
    public int workers() {
        return preprocess.lanes().workers();
    }

    /**
     * Starts a stream on a thread of its own. The others go on; from now on they share the ring with it.
     *
     * @throws IllegalArgumentException when there is a stream of that id
     */
    public void add(FrameSource source) {
        streams.add(source);
    }

    /** Removes a stream that has ended and whose frames have all left the ring, so that its id can be used again. */
    public void remove(String streamId) {
        streams.remove(streamId);
    }

    /**
     * Stops a stream, waits until its frames have left the ring, and removes it. The others are not affected.
     *
     * @return false when it has not ended in time; it is stopped all the same and can be removed later
     */
    public boolean stopAndRemove(String streamId, Duration timeout) throws InterruptedException {
        return streams.stopAndRemove(streamId, timeout);
    }

    /** Stops one stream; returns at once. Queued frames of a file are still analysed, those of a live stream are dropped. */
    public void stop(String streamId) {
        streams.stop(streamId);
    }

    /** Stops every stream; returns at once. */
    public void stopAll() {
        streams.stopAll();
    }

    /** Waits until every stream has ended and all frames have left the ring: files end by themselves, cameras when they are stopped. */
    public void awaitStreams() throws InterruptedException {
        streams.awaitAll();
    }

    /** Waits until one stream has ended and all its frames have left the ring. */
    public void awaitStream(String streamId) throws InterruptedException {
        streams.await(streamId);
    }

    /** The streams, by id. */
    public Collection<StreamFeed> feeds() {
        return streams.all();
    }

    /** The stream of that id; null when there is none. */
    public @Nullable StreamFeed feed(String streamId) {
        return streams.find(streamId);
    }

    /** The threads of stages and streams. */
    public List<Thread> workThreads() {
        List<Thread> work = new ArrayList<>(threads);
        feeds().forEach(feed -> work.add(feed.thread()));
        return work;
    }

    public FailureLog failures() {
        return failures;
    }

    /** Slots of the ring. */
    public int ringSize() {
        return ring.getBufferSize();
    }

    /** Slots in use. */
    public int ringDepth() {
        return (int) Math.max(0, ring.getCursor() - passed());
    }

    /** Slots released since the start; does not grow while the stages are stalled. */
    public long passed() {
        return disruptor.getSequenceValueFor(release);
    }

    /** Frames analysed since the start. */
    public long analysed() {
        return release.analysed();
    }

    /** Whether every stage's thread runs. */
    public boolean isRunning() {
        return threads.stream().allMatch(Thread::isAlive);
    }

    /**
     * Stops the sources, drains the ring, stops the stages, closes the leases. Takes at most {@link PipelineConfig#shutdownTimeout}; what
     * was not drained by then is dropped and logged. A second call does nothing.
     */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        long deadline = System.nanoTime() + config.shutdownTimeout().toNanos();
        List<String> late = streams.close(deadline);
        boolean interrupted = Thread.interrupted();
        if (!late.isEmpty()) {
            LOG.warn("Streams {} not stopped within {}: their threads are left behind", late, config.shutdownTimeout());
        }
        while (ringDepth() > 0 && System.nanoTime() < deadline) {
            LockSupport.parkNanos(POLL_NANOS);
            interrupted |= Thread.interrupted();
        }
        if (ringDepth() > 0) {
            LOG.warn(
                    "{} not analysed within the shutdown timeout of {}",
                    Quantity.of(ringDepth(), "frame"),
                    config.shutdownTimeout());
        }
        feeds().forEach(StreamFeed::abandon);
        preprocess.closeLanes();
        disruptor.halt();
        interrupted |= joinStages();
        if (isStopped()) {
            for (int i = 0; i < ring.getBufferSize(); i++) {
                ring.get(i).lease().close();
            }
        } else {
            // A stage still uses a slot: freeing its frame would crash the process, which is about to end anyway.
            LOG.error("Stage not stopped: its frames are not freed");
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether no thread uses a stage or a lease any more; false after {@link #close} only when one is stalled. */
    public boolean isStopped() {
        return threads.stream().noneMatch(Thread::isAlive) && feeds().stream().allMatch(StreamFeed::isSourceEnded);
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
