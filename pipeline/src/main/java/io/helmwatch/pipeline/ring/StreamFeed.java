package io.helmwatch.pipeline.ring;

import com.lmax.disruptor.InsufficientCapacityException;
import com.lmax.disruptor.RingBuffer;
import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.ingest.FrameSource;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.StreamStatus;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One stream on its way into the ring: its thread, its share of the slots, its state and its counts.
 *
 * <p>A live stream never waits: no free slot, or its share used up, means that the frame is dropped and counted. A file waits
 * for room. Always: decoded = analysed + dropped (all causes) + in flight.
 *
 * <p>Threading: receives on the source's thread, is settled on the release thread, read by any. Streams share no lock.
 */
public final class StreamFeed implements FrameReceiver {
    private static final Logger LOG = LoggerFactory.getLogger(StreamFeed.class);
    private static final long RING_FULL_RECHECK_NANOS = 1_000_000;

    private final FrameSource source;
    private final RingBuffer<FrameSlot> ring;
    private final int share;
    private final long epochSeconds;
    private final String device;
    private final Thread thread;
    private final CountDownLatch ended = new CountDownLatch(1);

    private final AtomicInteger slotsHeld = new AtomicInteger();
    private volatile @Nullable Thread waiting;
    private volatile boolean stopping;
    private volatile boolean abandoned;

    private final AtomicLong decoded = new AtomicLong();
    private final AtomicLong analysed = new AtomicLong();
    private final AtomicLongArray dropped = new AtomicLongArray(DropCause.values().length);
    private final AtomicLong reconnects = new AtomicLong();
    private volatile long lastPtsNanos;
    private volatile StreamStatus status;
    private boolean wasOnline;
    private long largestPictureBytes;

    /**
     * Prepares a stream; {@link #start} runs it.
     *
     * @param share most slots that the stream may hold
     * @param epochSeconds when the pipeline began, seconds since 1970 UTC
     * @param device what analyses it
     */
    StreamFeed(FrameSource source, RingBuffer<FrameSlot> ring, int share, long epochSeconds, String device) {
        this.source = source;
        this.ring = ring;
        this.share = share;
        this.epochSeconds = epochSeconds;
        this.device = device;
        this.status = new StreamStatus(source.id(), StreamStatus.State.STARTING, "", System.currentTimeMillis());
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
            LOG.error("stream {} ended by an unexpected error", id(), failure);
            onStatus(new StreamStatus(
                    id(), StreamStatus.State.FAILED, "unexpected error: " + failure, System.currentTimeMillis()));
        } finally {
            ended.countDown();
        }
    }

    @Override
    public void onFrame(FrameLease frame) {
        lastPtsNanos = frame.ptsNanos();
        long pictureBytes = RingSize.frameBytes(frame.format(), frame.width(), frame.height());
        if (pictureBytes > largestPictureBytes) {
            largestPictureBytes = pictureBytes;
            LOG.info("stream {}: {}", id(), RingSize.describe(frame, share));
        }
        if (source.isLive()) {
            offer(frame);
        } else {
            holdUntilTaken(frame);
        }
    }

    private void offer(FrameLease frame) {
        if (slotsHeld.get() >= share) {
            onDropped(DropCause.STREAM_SHARE);
        } else if (publish(frame)) {
            decoded.incrementAndGet();
        } else {
            onDropped(DropCause.RING_FULL);
        }
    }

    /** Blocks; a frame that is still waiting when the stream is stopped was never part of the run and is not counted. */
    private void holdUntilTaken(FrameLease frame) {
        while (!stopping) {
            if (slotsHeld.get() >= share) {
                waitForRoom();
            } else if (publish(frame)) {
                decoded.incrementAndGet();
                return;
            } else {
                LockSupport.parkNanos(this, RING_FULL_RECHECK_NANOS);
                Thread.interrupted();
            }
        }
    }

    private void waitForRoom() {
        waiting = Thread.currentThread();
        while (slotsHeld.get() >= share && !stopping) {
            LockSupport.park(this);
            Thread.interrupted();
        }
        waiting = null;
    }

    private boolean publish(FrameLease frame) {
        if (abandoned) {
            return false;
        }
        long sequence;
        try {
            sequence = ring.tryNext();
        } catch (InsufficientCapacityException full) {
            return false;
        }
        slotsHeld.incrementAndGet();
        try {
            ring.get(sequence).fill(this, frame);
        } finally {
            ring.publish(sequence);
        }
        return true;
    }

    @Override
    public void onDropped(DropCause cause) {
        decoded.incrementAndGet();
        dropped.incrementAndGet(cause.ordinal());
    }

    /** Waits for a slot also on live streams: states change rarely, and the ring always drains. */
    @Override
    public void onStatus(StreamStatus change) {
        StreamStatus before = status;
        status = change;
        if (change.state() == StreamStatus.State.ONLINE && before.state() != StreamStatus.State.ONLINE) {
            if (wasOnline && before.state() == StreamStatus.State.OFFLINE) {
                reconnects.incrementAndGet();
            }
            wasOnline = true;
        }
        log(change);
        while (!abandoned) {
            try {
                long sequence = ring.tryNext();
                slotsHeld.incrementAndGet();
                try {
                    ring.get(sequence).fill(this, change);
                } finally {
                    ring.publish(sequence);
                }
                return;
            } catch (InsufficientCapacityException full) {
                LockSupport.parkNanos(this, RING_FULL_RECHECK_NANOS);
                Thread.interrupted();
            }
        }
    }

    private static void log(StreamStatus change) {
        String state = change.state().name().toLowerCase(java.util.Locale.ROOT);
        String why = change.reason().isEmpty() ? "" : ": " + change.reason();
        switch (change.state()) {
            case STARTING, ONLINE, ENDED -> LOG.info("stream {} {}{}", change.stream(), state, why);
            case DEGRADED, OFFLINE, FAILED -> LOG.warn("stream {} {}{}", change.stream(), state, why);
        }
    }

    /** A frame left the ring; null says that it was analysed. Release thread. */
    void framePassed(@Nullable DropCause cause) {
        if (cause == null) {
            analysed.incrementAndGet();
        } else {
            dropped.incrementAndGet(cause.ordinal());
        }
        giveSlotBack();
    }

    /** A state change left the ring. Release thread. */
    void statusPassed() {
        giveSlotBack();
    }

    private void giveSlotBack() {
        slotsHeld.decrementAndGet();
        Thread producer = waiting;
        if (producer != null) {
            LockSupport.unpark(producer);
        }
    }

    /** Makes the source end soon; returns at once. */
    void stop() {
        stopping = true;
        source.stop();
        LockSupport.unpark(thread);
    }

    /** The ring is about to go: nothing more is put into it. */
    void abandon() {
        abandoned = true;
    }

    /** Waits until the source has ended; false when the time is over first. */
    boolean awaitSource(long nanos) throws InterruptedException {
        return ended.await(nanos, TimeUnit.NANOSECONDS);
    }

    /** Whether the source has ended and everything of it has left the ring. */
    public boolean isDone() {
        return ended.getCount() == 0 && slotsHeld.get() == 0;
    }

    /** Whether the source has ended. */
    public boolean isSourceEnded() {
        return ended.getCount() == 0;
    }

    public String id() {
        return source.id();
    }

    public boolean isLive() {
        return source.isLive();
    }

    public FrameSource source() {
        return source;
    }

    long epochSeconds() {
        return epochSeconds;
    }

    /** What analyses the stream, as the metrics call it. */
    public String device() {
        return device;
    }

    public StreamStatus status() {
        return status;
    }

    /** Frames that left the decoder, whatever became of them. */
    public long decoded() {
        return decoded.get();
    }

    /** Frames whose detections went to the sinks. */
    public long analysed() {
        return analysed.get();
    }

    /** Frames dropped for a cause. */
    public long dropped(DropCause cause) {
        return dropped.get(cause.ordinal());
    }

    /** Frames dropped for any cause. */
    public long dropped() {
        long sum = 0;
        for (int i = 0; i < dropped.length(); i++) {
            sum += dropped.get(i);
        }
        return sum;
    }

    /** Times that the stream came back after it was lost. */
    public long reconnects() {
        return reconnects.get();
    }

    /** Slots of the ring that the stream holds now. */
    public int slotsHeld() {
        return slotsHeld.get();
    }

    /** Presentation time of the newest decoded frame, nanoseconds since the stream's first. */
    public long lastPtsNanos() {
        return lastPtsNanos;
    }
}
