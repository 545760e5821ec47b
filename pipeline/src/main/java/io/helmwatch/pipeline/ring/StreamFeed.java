package io.helmwatch.pipeline.ring;

import com.lmax.disruptor.RingBuffer;
import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.ingest.FrameSource;
import io.helmwatch.pipeline.ring.stream.FrameCounts;
import io.helmwatch.pipeline.ring.stream.StreamRates;
import io.helmwatch.resource.FailureText;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.StreamReason;
import io.helmwatch.vision.StreamStatus;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A stream and its way into the ring: its thread, its {@linkplain RingShare share} of the slots, its state and its counts.
 *
 * <p>A live stream never waits: when no slot is free, or its share is used up, the frame is dropped and counted. A file waits for a slot.
 * At any time: decoded = analysed + dropped (all causes) + in flight.
 *
 * <p>Threading: frames and states are received on the source's thread, counts are settled on the release thread, everything is read by any.
 * Streams share no lock.
 */
public final class StreamFeed implements FrameReceiver {
    private static final Logger LOG = LoggerFactory.getLogger(StreamFeed.class);
    private static final double LATENCY_SMOOTHING = 0.1;

    private final FrameSource source;
    private final RingShare share;
    private final long epochSeconds;
    private final String device;
    private final Thread thread;
    private final StatePublication states;
    private final StreamRates rates = new StreamRates();
    private final FrameCounts counts = new FrameCounts();
    private final CountDownLatch ended = new CountDownLatch(1);

    private volatile boolean stopping;
    private volatile boolean abandoned;
    private volatile long lastPtsNanos;
    private long maxFrameBytes;
    private volatile @Nullable FrameDetections lastDetections;
    /** Written by the sink thread. */
    private volatile double latencyNanos;

    /**
     * Creates a stream; {@link #start} runs it.
     *
     * @param share maximum number of slots that the stream may hold
     * @param epochSeconds when the stream starts, seconds since 1970 UTC; differs from that of every earlier run of the stream
     * @param device device that analyses it
     */
    StreamFeed(FrameSource source, RingBuffer<FrameSlot> ring, int share, long epochSeconds, String device) {
        this.source = source;
        this.share = new RingShare(ring, share);
        this.epochSeconds = epochSeconds;
        this.device = device;
        this.states = new StatePublication(this, this.share);
        this.thread = new Thread(this::run, "decode-" + source.id());
    }

    void start() {
        thread.start();
    }

    Thread thread() {
        return thread;
    }

    private void run() {
        try {
            source.run(this);
        } catch (Throwable failure) {
            LOG.error("Stream {} failed: unexpected error", id(), failure);
            onStatus(new StreamStatus(
                    id(),
                    StreamStatus.State.FAILED,
                    StreamReason.INTERNAL_ERROR,
                    "unexpected error: " + FailureText.of(failure),
                    System.currentTimeMillis()));
        } finally {
            ended.countDown();
        }
    }

    @Override
    public void onFrame(FrameLease frame) {
        lastPtsNanos = frame.ptsNanos();
        long frameBytes = RingSize.frameBytes(frame.format(), frame.width(), frame.height());
        if (frameBytes > maxFrameBytes) {
            maxFrameBytes = frameBytes;
            LOG.info("Stream {}: {}", id(), RingSize.describe(frame, share.slots()));
        }
        if (!source.isLive()) {
            // A frame that is still waiting when the stream is stopped does not belong to the run and is not counted.
            if (share.put(this, frame)) {
                counts.countPublished();
            }
        } else if (share.isUsedUp()) {
            onDropped(DropCause.STREAM_SHARE);
        } else if (share.offer(this, frame)) {
            counts.countPublished();
        } else {
            onDropped(DropCause.RING_FULL);
        }
    }

    @Override
    public void onDropped(DropCause cause) {
        counts.countNotPublished(cause);
    }

    /** Waits for a slot also on live streams. */
    @Override
    public void onStatus(StreamStatus reported) {
        states.onSource(reported);
    }

    /**
     * Reports that frames of the stream are not analysed although it is online, or that they are; to be called about once a second. Never
     * waits: while the ring is full or the source reports a state itself, the next call decides.
     *
     * @param problem why the stream is degraded; empty when it is not
     * @return whether the stream's state changed
     */
    public boolean reportAnalysis(StreamReason code, String problem) {
        return !abandoned && states.onAnalysis(code, problem);
    }

    /** Updates the stream's rates; to be called about once a second by one thread. */
    public void sampleRates(long nowNanos) {
        StreamStatus.State now = status().state();
        if (now != StreamStatus.State.ONLINE && now != StreamStatus.State.DEGRADED) {
            rates.reset();
        } else {
            rates.sample(nowNanos, counts);
        }
    }

    /** Frames wanted and analysed per second. */
    public StreamRates rates() {
        return rates;
    }

    /** A frame was passed to the sinks. Sink thread. */
    void onPublished(FrameDetections detections, long totalNanos) {
        lastDetections = detections;
        double before = latencyNanos;
        latencyNanos = before == 0 ? totalNanos : before + LATENCY_SMOOTHING * (totalNanos - before);
    }

    /** A frame left the ring; a null cause says that it was analysed. Release thread. */
    void onFrameReleased(@Nullable DropCause cause) {
        if (cause == null) {
            counts.countAnalysed();
        } else {
            counts.countDropped(cause);
        }
        share.release();
    }

    /** A state change left the ring. Release thread. */
    void onStatusReleased() {
        share.release();
    }

    /** Stops the source soon; returns at once. */
    void stop() {
        stopping = true;
        source.stop();
        share.stop();
        LockSupport.unpark(thread);
    }

    /** Whether the stream was stopped. */
    boolean isStopping() {
        return stopping;
    }

    /** The ring is about to be closed: nothing more is published into it. */
    void abandon() {
        abandoned = true;
        share.close();
    }

    /** Changes the maximum number of slots that the stream may hold. */
    void resizeShare(int slots) {
        share.resize(slots);
    }

    /** Waits until the source has ended; false on timeout. */
    boolean awaitSource(long nanos) throws InterruptedException {
        return ended.await(nanos, TimeUnit.NANOSECONDS);
    }

    /** Whether the source has ended and all its frames have left the ring. */
    public boolean isDone() {
        return ended.getCount() == 0 && share.held() == 0;
    }

    /** Whether the source has ended. */
    public boolean isSourceEnded() {
        return ended.getCount() == 0;
    }

    /** The stream's id. */
    public String id() {
        return source.id();
    }

    /** Whether frames that cannot be analysed in time are dropped. */
    public boolean isLive() {
        return source.isLive();
    }

    /** The source. */
    public FrameSource source() {
        return source;
    }

    /** When the stream started, seconds since 1970 UTC. */
    long epochSeconds() {
        return epochSeconds;
    }

    /** The device that analyses the stream, as the metrics call it. */
    public String device() {
        return device;
    }

    /** State, latest reason, and since when the stream is in this state. */
    public StreamStatus status() {
        return states.state().current();
    }

    /** Frames decoded, analysed or not. */
    public long decoded() {
        return counts.decoded();
    }

    /** Frames analysed. */
    public long analysed() {
        return counts.analysed();
    }

    /** Frames dropped for a cause. */
    public long dropped(DropCause cause) {
        return counts.dropped(cause);
    }

    /** Frames dropped for any cause. */
    public long dropped() {
        return counts.dropped();
    }

    /** Reconnects after a lost connection. */
    public long reconnects() {
        return states.state().reconnects();
    }

    /** Failed retries since the stream went offline; 0 while it is online. */
    public long retries() {
        return states.state().retries();
    }

    /** Time of the last failed attempt to connect, milliseconds since 1970 UTC; 0 before the first. */
    public long lastAttemptMillis() {
        return states.state().lastAttemptMillis();
    }

    /** Ring slots that the stream holds. */
    public int slotsHeld() {
        return share.held();
    }

    /** Presentation time of the newest decoded frame, nanoseconds since the stream's first. */
    public long lastPtsNanos() {
        return lastPtsNanos;
    }

    /** What the newest analysed frame showed; null before the first. */
    public @Nullable FrameDetections lastDetections() {
        return lastDetections;
    }

    /** Time of a frame from the decoder to the sinks, nanoseconds, smoothed over about ten frames; 0 before the first. */
    public double latencyNanos() {
        return latencyNanos;
    }
}
