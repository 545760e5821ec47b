package io.helmwatch.pipeline.clips;

import io.helmwatch.config.incident.ClipConfig;
import io.helmwatch.config.rule.StreamRulesConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.PacketReceiver;
import io.helmwatch.ingest.PacketRing;
import io.helmwatch.ingest.VideoFormat.Codec;
import io.helmwatch.ingest.VideoPacket;
import io.helmwatch.ingest.VideoPackets;
import io.helmwatch.postprocess.tracking.HeadTracker;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.FrameInfo;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.VideoFrame;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The latest packets and analysed frames of one stream, from which its clips are cut, and the clips that are being recorded. Without rules nothing
 * is kept.
 *
 * <p>What was captured under a mask is never stored without it: when masks are removed the kept packets are dropped, and when the first one
 * is added the clips in progress end.
 *
 * <p>Threading: {@link #onPacket} by the stream's thread, {@link #onFrame} and {@link #onIncident} by that of the rules, everything else by any.
 * One lock for each stream, which is held for a few operations in memory.
 */
public final class StreamClips implements PacketReceiver {
    /** Clips of a stream at a time; incidents beyond have none. */
    private static final int MAX_RECORDINGS = 8;

    private static final int MAX_FRAMES = 4_096;
    /** How much longer than packets the analysed frames are kept, which come later. */
    private static final long FRAME_SLACK_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final double USUAL_FRAMES_PER_SECOND = 25;

    private final ClipService service;
    private final ClipConfig config;
    private final ArrayDeque<ClipFrame> frames = new ArrayDeque<>();
    private final List<ClipRecording> recordings = new ArrayList<>();
    private StreamRulesConfig rules;
    private double analyzeFps;
    private PacketRing ring;
    private @Nullable VideoPackets source;
    private volatile boolean isSubscribed;
    private boolean isImages;
    private boolean isClosed;

    StreamClips(ClipService service, StreamConfig stream, @Nullable VideoPackets source) {
        this.service = service;
        this.config = service.config();
        this.rules = stream.rules();
        this.analyzeFps = stream.analyzeFps();
        this.source = source;
        ring = newRing();
        subscribe();
    }

    private PacketRing newRing() {
        return new PacketRing(config.buffer(), config.bufferBytes());
    }

    /** The stream starts, again where it ran before. */
    synchronized void starting(VideoPackets packets) {
        unsubscribe();
        source = packets;
        subscribe();
    }

    private synchronized void subscribe() {
        VideoPackets from = source;
        if (from != null && !isSubscribed && !isClosed && !rules.rules().isEmpty()) {
            isSubscribed = true;
            from.subscribe(this);
        }
    }

    private void unsubscribe() {
        VideoPackets from = source;
        if (from != null && isSubscribed) {
            from.unsubscribe(this);
        }
        isSubscribed = false;
        ring.close();
        ring = newRing();
        frames.clear();
    }

    /** Other zones, masks and rules from now on. */
    public synchronized void change(StreamConfig stream) {
        StreamRulesConfig before = rules;
        rules = stream.rules();
        analyzeFps = stream.analyzeFps();
        if (!before.masks().equals(rules.masks())) {
            for (ClipRecording recording : recordings) {
                if (recording.isEncoded()) {
                    recording.media().addMasks(rules.masks());
                } else {
                    recording.media().seal();
                }
            }
        }
        if (rules.rules().isEmpty()) {
            unsubscribe();
        } else if (!rules.masks().containsAll(before.masks())) {
            unsubscribe();
            subscribe();
        } else {
            subscribe();
        }
    }

    @Override
    public synchronized void onPacket(VideoPacket packet) {
        if (!isSubscribed) {
            return;
        }
        isImages = packet.format().codec() == Codec.MJPEG;
        ring.onPacket(packet);
        for (int i = 0; i < recordings.size(); i++) {
            recordings.get(i).media().add(packet);
        }
    }

    /** The next analysed frame, behind the rules. */
    public void onFrame(FrameDetections detections, VideoFrame frame, HeadTracker heads) {
        FrameInfo info = frame.info();
        if (!isSubscribed || info.mediaTimeNanos() == FrameInfo.NO_MEDIA_TIME) {
            return;
        }
        ClipFrame analysed = ClipFrame.of(detections, info, heads, service.isBlurred());
        synchronized (this) {
            if (!isSubscribed) {
                return;
            }
            frames.add(analysed);
            long oldest = info.receivedNanos() - config.buffer().toNanos() - FRAME_SLACK_NANOS;
            while (frames.size() > MAX_FRAMES || frames.getFirst().receivedNanos() < oldest) {
                frames.removeFirst();
            }
            for (ClipRecording recording : recordings) {
                recording.media().add(analysed);
            }
        }
    }

    /**
     * A message of an incident: its start begins a clip, its end sets the clip's.
     *
     * @param frame the frame that caused it; null where there is none
     * @param receiver receives the clip
     * @return whether a clip was started
     */
    public boolean onIncident(Incident incident, @Nullable VideoFrame frame, ClipReceiver receiver) {
        return switch (incident.phase()) {
            case START -> begin(incident, frame, receiver);
            case END -> {
                end(incident, frame);
                yield false;
            }
            case UPDATE, EVIDENCE -> false;
        };
    }

    private synchronized boolean begin(Incident incident, @Nullable VideoFrame frame, ClipReceiver receiver) {
        if (!isSubscribed || frame == null) {
            return false;
        }
        if (frame.info().mediaTimeNanos() == FrameInfo.NO_MEDIA_TIME || recordings.size() >= MAX_RECORDINGS) {
            service.store().skip();
            return false;
        }
        ClipWindow window = ClipWindow.of(incident, frame.info(), config);
        double rate = service.isBlurred() && analyzeFps > 0 ? analyzeFps : USUAL_FRAMES_PER_SECOND;
        ClipRecording recording = new ClipRecording(
                incident,
                window,
                new ClipRecording.Settings(service.isBlurred(), isImages, rate, service.labels()),
                rules.masks(),
                service.store(),
                (id, clip) -> {
                    recorded(id);
                    receiver.onClip(id, clip);
                });
        for (VideoPacket packet : ring.since(window.mediaEpoch(), window.fromNanos())) {
            recording.media().add(packet);
            packet.release();
        }
        frames.forEach(recording.media()::add);
        recordings.add(recording);
        service.record(recording);
        return true;
    }

    private synchronized void end(Incident incident, @Nullable VideoFrame frame) {
        for (ClipRecording recording : recordings) {
            if (!recording.incidentId().equals(incident.id())) {
                continue;
            }
            if (frame == null || frame.info().mediaTimeNanos() == FrameInfo.NO_MEDIA_TIME) {
                recording.media().seal();
            } else {
                long last = ClipWindow.nanos(incident, incident.lastAtMillis(), frame.info());
                recording
                        .media()
                        .endAt(
                                last + config.postRoll().toNanos(),
                                config.postRoll().toNanos());
            }
        }
    }

    private synchronized void recorded(String incident) {
        recordings.removeIf(recording -> recording.incidentId().equals(incident));
    }

    /** A stream that has ended sends no post-roll. */
    public synchronized void onStatus(StreamStatus status) {
        if (status.state() == StreamStatus.State.ENDED || status.state() == StreamStatus.State.FAILED) {
            recordings.forEach(recording -> recording.media().seal());
        }
    }

    /** The stream is gone: clips in progress end with what they have. */
    public synchronized void close() {
        isClosed = true;
        unsubscribe();
        recordings.forEach(recording -> recording.media().seal());
        ring.close();
    }
}
