package io.helmwatch.pipeline.clips;

import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.ingest.IngestException;
import io.helmwatch.ingest.VideoPacket;
import io.helmwatch.ingest.ffmpeg.remux.Mp4Remuxer;
import io.helmwatch.ingest.ffmpeg.transcode.VideoTranscoder;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.ClipJson;
import io.helmwatch.sinks.evidence.ClipStore;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.Incident;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The clip of one incident, from its start until it is stored. Packets and analysed frames are queued by the stream's threads and written by a
 * worker; what may not be stored as it is is encoded again on the way.
 *
 * <p>It takes packets until the end that the incident sets, until the stream breaks off, or until the worker is too far behind; then it waits
 * a moment for the analysis of its last frames.
 *
 * <p>Threading: {@link #step} by its worker, everything else by any. Ownership: releases the packets that it holds and deletes an unfinished file
 * when it is done.
 */
final class ClipRecording {
    private static final Logger LOG = LoggerFactory.getLogger(ClipRecording.class);
    private static final long MAX_QUEUED_BYTES = 64L << 20;
    private static final int PACKETS_A_STEP = 64;
    private static final long ANALYSIS_WAIT_NANOS = TimeUnit.SECONDS.toNanos(3);
    /** How much longer than in the stream's own time a clip may take. */
    private static final long LATE_NANOS = TimeUnit.SECONDS.toNanos(10);
    /** Largest difference between the times of a packet and its analysed frame. */
    private static final long SAME_FRAME_NANOS = 500_000;

    /**
     * How a clip is made.
     *
     * @param isBlurred whether heads are blurred
     * @param isImages whether the stream is a sequence of images, which players do not play: it is encoded as video
     * @param framesPerSecond expected rate of an encoded clip
     * @param labels which labels are helmets and bare heads
     */
    record Settings(boolean isBlurred, boolean isImages, double framesPerSecond, TrackingConfig labels) {}

    /** What a step did. */
    enum Progress {
        /** Something was written. */
        WORKED,
        /** There was nothing to do. */
        IDLE,
        /** The clip is stored, or given up. */
        DONE
    }

    private final Incident incident;
    private final ClipWindow window;
    private final Settings settings;
    private final ClipStore store;
    private final ClipReceiver receiver;
    private final boolean isEncoded;

    // Guarded by this.
    private final ArrayDeque<VideoPacket> packets = new ArrayDeque<>();
    private final TreeMap<Long, ClipFrame> frames = new TreeMap<>();
    private List<List<ZoneConfig.Point>> masks;
    private long queuedBytes;
    private long untilNanos;
    private long deadlineNanos;
    private long lastPacketNanos = Long.MIN_VALUE;
    private boolean isSealed;

    // Owned by the worker.
    private final Closer opened = new Closer();
    private @Nullable ClipOutput output;
    private @Nullable Mp4Remuxer remuxer;
    private @Nullable VideoTranscoder transcoder;

    /**
     * @param incident its start
     * @param masks in force; not empty encodes the clip again, as blurring does
     * @param receiver receives the result
     */
    ClipRecording(
            Incident incident,
            ClipWindow window,
            Settings settings,
            List<List<ZoneConfig.Point>> masks,
            ClipStore store,
            ClipReceiver receiver) {
        this.incident = incident;
        this.window = window;
        this.settings = settings;
        this.masks = masks;
        this.store = store;
        this.receiver = receiver;
        isEncoded = settings.isBlurred() || settings.isImages() || !masks.isEmpty();
        untilNanos = window.latestNanos();
        deadlineNanos = System.nanoTime() + (window.latestNanos() - window.fromNanos()) + LATE_NANOS;
    }

    String incidentId() {
        return incident.id();
    }

    /** Whether the video is encoded again. */
    boolean isEncoded() {
        return isEncoded;
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
                    incident.id(),
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

    private synchronized List<List<ZoneConfig.Point>> masks() {
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

    private synchronized @Nullable VideoPacket next(boolean isUrgent) {
        if (!isSealed && System.nanoTime() - deadlineNanos > 0) {
            seal();
        }
        VideoPacket first = packets.peek();
        if (first == null || (settings.isBlurred() && !isAnalysed(first.mediaTimeNanos(), isUrgent))) {
            return null;
        }
        packets.remove();
        queuedBytes -= first.sizeBytes();
        return first;
    }

    private synchronized boolean isAnalysed(long mediaTimeNanos, boolean isUrgent) {
        return isUrgent
                || (isSealed && System.nanoTime() - deadlineNanos > 0)
                || (!frames.isEmpty() && frames.lastKey() >= mediaTimeNanos);
    }

    private synchronized boolean isComplete(boolean isUrgent) {
        return isSealed && packets.isEmpty() && isAnalysed(lastPacketNanos, isUrgent);
    }

    private synchronized @Nullable ClipFrame frameAt(long mediaTimeNanos) {
        Long at = frames.ceilingKey(mediaTimeNanos - SAME_FRAME_NANOS);
        return at == null || at > mediaTimeNanos + SAME_FRAME_NANOS ? null : frames.get(at);
    }

    private synchronized List<ClipFrame> analysedFrames() {
        return List.copyOf(frames.values());
    }

    /**
     * Writes some of what waits.
     *
     * @param isUrgent whether nothing more is waited for, since the service is ending
     */
    Progress step(boolean isUrgent) {
        try {
            if (isUrgent) {
                seal();
            }
            boolean worked = false;
            for (int i = 0; i < PACKETS_A_STEP; i++) {
                VideoPacket packet = next(isUrgent);
                if (packet == null) {
                    break;
                }
                worked = true;
                try {
                    write(packet);
                } finally {
                    packet.release();
                }
            }
            if (!isComplete(isUrgent)) {
                return worked ? Progress.WORKED : Progress.IDLE;
            }
            finish();
        } catch (UncheckedIOException e) {
            IOException cause = e.getCause();
            abandon(cause == null ? e : cause);
        } catch (IOException | RuntimeException e) {
            abandon(e);
        } catch (LinkageError | OutOfMemoryError e) {
            abandon(new IllegalStateException(e));
        }
        return Progress.DONE;
    }

    private void write(VideoPacket packet) {
        ClipOutput to = output;
        if (to == null) {
            to = new ClipOutput(store, incident, window);
            output = to;
            opened.register(to);
            remuxer = opened.register(new Mp4Remuxer(to));
            if (isEncoded) {
                transcoder = opened.register(new VideoTranscoder(
                        new PrivacyEditor(settings.isBlurred(), incident.track(), this::masks, this::frameAt),
                        settings.framesPerSecond(),
                        remuxer::add));
            }
        }
        if (to.isOver()) {
            seal();
            return;
        }
        VideoTranscoder encoding = transcoder;
        if (encoding == null) {
            remux(packet);
            return;
        }
        String refusal = VideoTranscoder.refusal(packet.format());
        if (!refusal.isEmpty()) {
            throw new IngestException("the stream has to be encoded again, and cannot be: " + refusal);
        }
        encoding.onPacket(packet);
    }

    private void remux(VideoPacket packet) {
        Mp4Remuxer to = remuxer;
        if (to != null) {
            to.add(packet);
        }
    }

    private void finish() throws IOException {
        if (transcoder != null) {
            transcoder.finish();
        }
        String refusal = remuxer == null ? "" : remuxer.refusal();
        if (remuxer != null) {
            // Delivers the last frame.
            remuxer.close();
        }
        ClipOutput written = output;
        ClipStore.Draft draft = written == null ? null : written.draft();
        if (written == null || draft == null) {
            throw new IngestException(refusal.isEmpty() ? "no key frame was received" : refusal);
        }
        List<ClipFrame> analysed = analysedFrames().stream()
                .filter(frame -> !Double.isNaN(written.seconds(frame)))
                .toList();
        ImageSize size = analysed.isEmpty()
                ? incident.size()
                : analysed.get(0).detections().size();
        Incident.Clip clip = draft.finish(
                new ClipJson.Description(
                        incident,
                        draft.name(),
                        written.fromMillis(),
                        written.toMillis(),
                        settings.isBlurred() || !masks().isEmpty(),
                        written.startSeconds(),
                        size),
                analysed.stream()
                        .map(frame -> frame.described(written.seconds(frame), size, settings.labels()))
                        .toList());
        release();
        receiver.onClip(incident.id(), clip);
    }

    /** Gives the clip up; nothing of it stays on disk. */
    void abandon(Exception reason) {
        if (reason instanceof IngestException) {
            LOG.warn("Incident {} has no clip: {}", incident.id(), reason.getMessage());
            store.refuse();
        } else {
            store.fail(reason);
        }
        release();
        receiver.onClip(incident.id(), null);
    }

    private void release() {
        synchronized (this) {
            isSealed = true;
            packets.forEach(VideoPacket::release);
            packets.clear();
            queuedBytes = 0;
        }
        if (output != null) {
            output.end();
        }
        try {
            opened.close();
        } catch (RuntimeException e) {
            LOG.warn("The unfinished clip of incident {} cannot be deleted: {}", incident.id(), e.toString());
        }
    }
}
