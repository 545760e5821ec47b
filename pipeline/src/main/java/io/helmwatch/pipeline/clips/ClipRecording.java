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
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The clip of one incident, from its start until it is stored. What the stream's threads put into its {@link #media} is written by a worker; what may
 * not be stored as it is is encoded again on the way.
 *
 * <p>Threading: its worker; {@link #media} by any thread. Ownership: releases the packets that it holds and deletes an unfinished file when it is done.
 */
final class ClipRecording {
    private static final Logger LOG = LoggerFactory.getLogger(ClipRecording.class);
    private static final int PACKETS_A_STEP = 64;

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
    private final ClipMedia media;
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
        this.store = store;
        this.receiver = receiver;
        isEncoded = settings.isBlurred() || settings.isImages() || !masks.isEmpty();
        media = new ClipMedia(incident.id(), window, settings.isBlurred(), masks);
    }

    String incidentId() {
        return incident.id();
    }

    /** Whether the video is encoded again. */
    boolean isEncoded() {
        return isEncoded;
    }

    /** What the stream brings; to be filled by any thread. */
    ClipMedia media() {
        return media;
    }

    /**
     * Writes some of what waits.
     *
     * @param isUrgent whether nothing more is waited for, since the service is ending
     */
    Progress step(boolean isUrgent) {
        try {
            if (isUrgent) {
                media.seal();
            }
            boolean worked = false;
            for (int i = 0; i < PACKETS_A_STEP; i++) {
                VideoPacket packet = media.next(isUrgent);
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
            if (!media.isComplete(isUrgent)) {
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
                        new PrivacyEditor(settings.isBlurred(), incident.track(), media::masks, media::frameAt),
                        settings.framesPerSecond(),
                        remuxer::add));
            }
        }
        if (to.isOver()) {
            media.seal();
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
        List<ClipFrame> analysed = media.analysedFrames().stream()
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
                        settings.isBlurred() || !media.masks().isEmpty(),
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
        media.discard();
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
