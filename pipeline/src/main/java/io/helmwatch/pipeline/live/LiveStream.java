package io.helmwatch.pipeline.live;

import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.ingest.MediaTimeline;
import io.helmwatch.ingest.PacketQueue;
import io.helmwatch.ingest.VideoPacket;
import io.helmwatch.ingest.VideoPackets;
import io.helmwatch.ingest.ffmpeg.remux.Mp4Remuxer;
import io.helmwatch.pipeline.live.LiveMessage.Kind;
import io.helmwatch.pipeline.live.Subscription.Mode;
import io.helmwatch.pipeline.live.WatchRequest.Video;
import io.helmwatch.sinks.opencv.LiveJpeg;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.VideoFrame;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A stream while somebody watches it. Its thread remuxes packets, encodes JPEG frames where a viewer needs them, and passes both with the
 * frame data to all viewers. The threads of the stream and of the pipeline only put something into bounded queues; what does not fit is
 * dropped.
 *
 * <p>Who wants MP4 gets JPEG frames until there is a key frame to start with, and for as long as the video may not leave as it is.
 *
 * <p>Threading: {@link #onFrame} by the pipeline, viewers come and go by any thread, the rest by its own thread. Ownership: everything native is
 * freed when the thread ends, after {@link #stop}.
 */
final class LiveStream {
    private static final Logger LOG = LoggerFactory.getLogger(LiveStream.class);

    private static final int MAX_PACKETS = 256;
    private static final long MAX_PACKET_BYTES = 16L << 20;
    private static final int MAX_FRAMES = 64;
    private static final int MAX_JPEG_WIDTH = 1280;
    private static final long JPEG_INTERVAL_NANOS = 200_000_000L;
    private static final long CHECK_NANOS = 500_000_000L;

    private final String id;
    private final int channel;
    private final LiveSources sources;
    private final TrackingConfig tracking;
    private final Thread thread;
    private final PacketQueue packets;
    private final ArrayBlockingQueue<AnalysedFrame> frames = new ArrayBlockingQueue<>(MAX_FRAMES);
    private final CopyOnWriteArrayList<Subscription> subscriptions = new CopyOnWriteArrayList<>();
    private final LiveJpeg jpeg = new LiveJpeg(MAX_JPEG_WIDTH);
    private final LiveTimelines timelines;
    private final Mp4Remuxer remuxer;
    private final ViewerModes modes;
    private volatile boolean stopped;
    private volatile boolean recheck;
    private volatile boolean wantsJpeg;
    private volatile @Nullable AnalysedFrame captured;
    /** Owned by the pipeline's thread. */
    private long capturedNanos;

    private @Nullable LiveSource source;
    private @Nullable VideoPackets subscribed;
    private long checkedNanos;
    private boolean failed;

    LiveStream(String id, int channel, LiveSources sources, TrackingConfig tracking) {
        this.id = id;
        this.channel = channel;
        this.sources = sources;
        this.tracking = tracking;
        thread = new Thread(this::run, "live-" + id);
        thread.setDaemon(true);
        packets = new PacketQueue(MAX_PACKETS, MAX_PACKET_BYTES, this::wakeUp);
        timelines = new LiveTimelines(channel, this::updateModes, this::onVideo);
        remuxer = new Mp4Remuxer(timelines);
        modes = new ViewerModes(id, channel, timelines, remuxer::refusal);
    }

    void start() {
        thread.start();
    }

    private void wakeUp() {
        LockSupport.unpark(thread);
    }

    void add(Subscription subscription) {
        subscriptions.add(subscription);
        changed();
    }

    void remove(Subscription subscription) {
        subscriptions.remove(subscription);
    }

    /** The wish of a subscription changed. */
    void changed() {
        recheck = true;
        wakeUp();
    }

    boolean isWatched() {
        return !subscriptions.isEmpty();
    }

    /** The next frame with its detections; drops it where the thread is behind. */
    void onFrame(AnalysedFrame analysed, VideoFrame frame) {
        frames.offer(analysed);
        if (wantsJpeg && frame.receivedNanos() - capturedNanos >= JPEG_INTERVAL_NANOS && jpeg.capture(frame)) {
            capturedNanos = frame.receivedNanos();
            captured = analysed;
        }
        wakeUp();
    }

    /** Ends the thread soon; returns at once. */
    void stop() {
        stopped = true;
        wakeUp();
    }

    /** Waits until everything is freed. */
    void awaitEnd(long millis) throws InterruptedException {
        thread.join(millis);
    }

    private void run() {
        try {
            while (!stopped) {
                if (!step()) {
                    LockSupport.parkNanos(this, CHECK_NANOS);
                }
            }
        } finally {
            unsubscribe();
            packets.close();
            remuxer.close();
        }
    }

    /** Does what there is to do; returns whether there was anything. */
    private boolean step() {
        try {
            check();
            boolean worked = sendFrames();
            worked |= sendJpeg();
            return worked | remux();
        } catch (IOException | RuntimeException | LinkageError e) {
            if (!failed) {
                failed = true;
                LOG.error("Live video of stream {} failed; retrying with the next frame", id, e);
            }
            return false;
        }
    }

    /** Follows the stream: it may have been started again, given masks, or be gone. */
    private void check() {
        LiveSource now = sources.find(id);
        source = now;
        VideoPackets wanted = now != null && wantsPackets(now) ? now.packets() : null;
        if (wanted != subscribed) {
            unsubscribe();
            if (wanted != null) {
                wanted.subscribe(packets);
                subscribed = wanted;
            }
        }
        jpeg.prepare();
        long time = System.nanoTime();
        if (recheck || time - checkedNanos > CHECK_NANOS) {
            recheck = false;
            checkedNanos = time;
            updateModes();
        }
    }

    private boolean wantsPackets(LiveSource from) {
        return from.isRealTime()
                && !from.isMasked()
                && subscriptions.stream()
                        .anyMatch(each -> each.wish.video() == Video.AUTO && !each.viewer.isJpegOnly());
    }

    private void unsubscribe() {
        VideoPackets from = subscribed;
        if (from == null) {
            return;
        }
        subscribed = null;
        from.unsubscribe(packets);
        VideoPacket left = packets.poll();
        while (left != null) {
            left.release();
            left = packets.poll();
        }
        remuxer.close();
        timelines.clear();
        updateModes();
    }

    private boolean remux() {
        VideoPacket packet = packets.poll();
        if (packet == null) {
            return false;
        }
        try {
            if (subscribed != null) {
                remuxer.add(packet);
            }
        } finally {
            packet.release();
        }
        return true;
    }

    private void onVideo(LiveMessage fragment) {
        MediaTimeline timeline = timelines.current();
        for (Subscription each : subscriptions) {
            if (each.mode == Mode.FMP4 && timeline != null && each.epoch == timeline.epoch()) {
                each.viewer.send(fragment);
            }
        }
    }

    private boolean sendFrames() {
        AnalysedFrame frame = frames.poll();
        if (frame == null) {
            return false;
        }
        LiveMessage onRun = null;
        LiveMessage onTimeline = null;
        MediaTimeline timeline = timelines.of(frame);
        for (Subscription each : subscriptions) {
            if (each.mode == Mode.FMP4) {
                if (timeline != null) {
                    if (onTimeline == null) {
                        double seconds = timeline.seconds(frame.mediaEpoch(), frame.mediaTimeNanos());
                        onTimeline = message(frame, timeline.epoch(), seconds);
                    }
                    each.viewer.send(onTimeline);
                }
            } else if (each.mode != null) {
                if (onRun == null) {
                    onRun = message(frame, 0, frame.runSeconds());
                }
                each.viewer.send(onRun);
            }
        }
        return true;
    }

    private LiveMessage message(AnalysedFrame frame, int epoch, double seconds) {
        return LiveMessage.frame(channel, LiveTexts.frame(channel, epoch, seconds, frame, tracking));
    }

    private boolean sendJpeg() throws IOException {
        AnalysedFrame frame = captured;
        LiveSource from = source;
        if (frame == null || from == null) {
            return false;
        }
        captured = null;
        List<BoundingBox> blurred = from.blursHeads()
                ? frame.detections().detections().stream()
                        .map(Detection::sourceBox)
                        .toList()
                : List.of();
        byte[] encoded = jpeg.encode(from.masks(), blurred);
        LiveMessage message =
                LiveMessage.video(Kind.JPEG, channel, true, 0, frame.runSeconds(), ByteBuffer.wrap(encoded));
        for (Subscription each : subscriptions) {
            if (each.mode == Mode.JPEG) {
                each.viewer.send(message);
            }
        }
        return true;
    }

    private void updateModes() {
        wantsJpeg = modes.update(subscriptions, source);
    }
}
