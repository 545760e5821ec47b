package io.helmwatch.pipeline.clips;

import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.ingest.VideoPacket;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a stream brings for a clip: packets and analysed frames, from the start of the clip until the end that the incident sets, until the stream
 * breaks off, or until too much waits; then the analysis of the last frames is waited for.
 *
 * <p>Threading: any thread. Ownership: retains the packets that belong to the clip until they are taken or {@linkplain #discard discarded}.
 */
final class ClipMedia {
    private static final Logger LOG = LoggerFactory.getLogger(ClipMedia.class);
    private static final long MAX_QUEUED_BYTES = 64L << 20;
    private static final long ANALYSIS_WAIT_NANOS = TimeUnit.SECONDS.toNanos(3);
    /** How much longer than in the stream's own time a clip may take. */
    private static final long LATE_NANOS = TimeUnit.SECONDS.toNanos(10);
    /** Largest difference between the times of a packet and its analysed frame. */
    private static final long SAME_FRAME_NANOS = 500_000;

    private final String incident;
    private final ClipWindow window;
    private final boolean isBlurred;
    private final ArrayDeque<VideoPacket> packets = new ArrayDeque<>();
    private final TreeMap<Long, ClipFrame> frames = new TreeMap<>();
    private List<List<ZoneConfig.Point>> masks;
    private long queuedBytes;
    private long untilNanos;
    private long deadlineNanos;
    private long lastPacketNanos = Long.MIN_VALUE;
    private boolean isSealed;

    /**
     * @param incident its id
     * @param isBlurred whether heads are blurred, so that a packet waits for the analysis of its frame
     * @param masks in force
     */
    ClipMedia(String incident, ClipWindow window, boolean isBlurred, List<List<ZoneConfig.Point>> masks) {
        this.incident = incident;
        this.window = window;
        this.isBlurred = isBlurred;
        this.masks = masks;
        untilNanos = window.latestNanos();
        deadlineNanos = System.nanoTime() + (window.latestNanos() - window.fromNanos()) + LATE_NANOS;
    }

    /** The next packet of the stream, retained where it belongs to the clip. */
    synchronized void add(VideoPacket packet) {
        if (isSealed) {
            return;
        }
        boolean isPast = packet.mediaTimeNanos() != VideoPacket.NO_TIME && packet.mediaTimeNanos() > untilNanos;
        if (isPast || packet.mediaEpoch() != window.mediaEpoch()) {
            seal();
        } else if (queuedBytes + packet.sizeBytes() > MAX_QUEUED_BYTES) {
            LOG.warn(
                    "Clip of incident {} ends early: {} MiB of video wait to be written",
                    incident,
                    MAX_QUEUED_BYTES >> 20);
            seal();
        } else {
            packet.retain();
            packets.add(packet);
            queuedBytes += packet.sizeBytes();
            lastPacketNanos = Math.max(lastPacketNanos, packet.mediaTimeNanos());
        }
    }

    /** The next analysed frame of the stream. */
    synchronized void add(ClipFrame frame) {
        if (frame.mediaEpoch() == window.mediaEpoch() && frame.mediaTimeNanos() != VideoPacket.NO_TIME) {
            frames.put(frame.mediaTimeNanos(), frame);
        }
    }

    /** More masks, for a clip that is encoded again. */
    synchronized void addMasks(List<List<ZoneConfig.Point>> more) {
        List<List<ZoneConfig.Point>> all = new ArrayList<>(masks);
        more.stream().filter(mask -> !all.contains(mask)).forEach(all::add);
        masks = List.copyOf(all);
    }

    /** The masks of the clip. */
    synchronized List<List<ZoneConfig.Point>> masks() {
        return masks;
    }

    /**
     * The incident has ended.
     *
     * @param lastNanos the stream's time at which the clip ends
     * @param withinNanos how long that takes at most
     */
    synchronized void endAt(long lastNanos, long withinNanos) {
        untilNanos = Math.min(untilNanos, lastNanos);
        deadlineNanos = Math.min(deadlineNanos, System.nanoTime() + withinNanos + LATE_NANOS);
        if (lastPacketNanos >= untilNanos) {
            seal();
        }
    }

    /** No more packets. */
    synchronized void seal() {
        if (!isSealed) {
            isSealed = true;
            deadlineNanos = Math.min(deadlineNanos, System.nanoTime() + ANALYSIS_WAIT_NANOS);
        }
    }

    /** The next packet to write, which the caller releases; null while there is none, or its frame is not analysed yet. */
    synchronized @Nullable VideoPacket next(boolean isUrgent) {
        if (!isSealed && System.nanoTime() - deadlineNanos > 0) {
            seal();
        }
        VideoPacket first = packets.peek();
        if (first == null || (isBlurred && !isAnalysed(first.mediaTimeNanos(), isUrgent))) {
            return null;
        }
        packets.remove();
        queuedBytes -= first.sizeBytes();
        return first;
    }

    private boolean isAnalysed(long mediaTimeNanos, boolean isUrgent) {
        return isUrgent
                || (isSealed && System.nanoTime() - deadlineNanos > 0)
                || (!frames.isEmpty() && frames.lastKey() >= mediaTimeNanos);
    }

    /** Whether nothing more comes and everything was taken. */
    synchronized boolean isComplete(boolean isUrgent) {
        return isSealed && packets.isEmpty() && isAnalysed(lastPacketNanos, isUrgent);
    }

    /** The analysed frame of a time of the stream; null where it was not analysed. */
    synchronized @Nullable ClipFrame frameAt(long mediaTimeNanos) {
        Long at = frames.ceilingKey(mediaTimeNanos - SAME_FRAME_NANOS);
        return at == null || at > mediaTimeNanos + SAME_FRAME_NANOS ? null : frames.get(at);
    }

    /** The analysed frames so far, in the order of their times. */
    synchronized List<ClipFrame> analysedFrames() {
        return List.copyOf(frames.values());
    }

    /** Nothing more is taken or written. */
    synchronized void discard() {
        isSealed = true;
        packets.forEach(VideoPacket::release);
        packets.clear();
        queuedBytes = 0;
    }
}
