package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.ingest.ffmpeg.decode.FfmpegFrameLease;
import io.helmwatch.ingest.ffmpeg.decode.FrameNormalizer;
import io.helmwatch.ingest.ffmpeg.input.Interrupt;
import io.helmwatch.ingest.ffmpeg.remux.PacketTap;
import io.helmwatch.ingest.timing.FrameSampler;
import io.helmwatch.ingest.timing.Pacer;
import io.helmwatch.ingest.timing.PresentationClock;
import io.helmwatch.resource.Closer;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.Orientation;
import io.helmwatch.vision.PixelFormat;
import java.util.concurrent.locks.LockSupport;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avutil;
import org.jspecify.annotations.Nullable;

/**
 * What happens to a stream's frames between the decoder and the receiver, in this order: numbering, time, corruption, sampling,
 * pixel format and orientation, pacing. Lives as long as the stream's run, over all its connections.
 *
 * <p>Nothing is allocated per frame, except what {@link FrameNormalizer} allocates and a read of the camera's clock once a second.
 *
 * <p>Threading: the stream's thread. Ownership: its frame holders and filter graph are freed on {@link #close}.
 */
final class FrameDelivery implements AutoCloseable {
    /** A stream without key frames (periodic intra refresh) is accepted from this frame on, if its decoder does not complain. */
    private static final int MAX_WAIT_FOR_KEY_FRAME = 300;

    private static final long MAX_GAP_LIVE_NANOS = 10_000_000_000L;
    private static final long MAX_GAP_FILE_NANOS = 3_600_000_000_000L;

    private final boolean paced;
    private final FrameReceiver receiver;
    private final Interrupt interrupt;
    private final StreamHealth health;
    private final PacketTap packets;
    private final Closer closer = new Closer();
    private final FfmpegFrameLease lease;
    private final FfmpegFrameLease decoded;
    private final FrameNormalizer normalizer;
    private final FrameTiming timing;
    private final FrameSampler sampler;
    private final Pacer pacer = new Pacer();
    private long sequence;
    private long delivered;
    private boolean sampled;
    private long lastTimestampNanos = PresentationClock.NONE;
    private long lastPtsNanos;
    private int mediaEpoch;
    private boolean awaitsKeyFrame;
    private int framesWithoutKey;

    /** How frames arrive. */
    enum Mode {
        /** At the camera's pace; lost connections are opened again. */
        LIVE,
        /** A finite stream at its own pace. */
        PACED,
        /** A finite stream as fast as the receiver takes it. */
        UNPACED
    }

    FrameDelivery(
            String stream,
            Mode mode,
            double analyzeFps,
            FrameReceiver receiver,
            StreamHealth health,
            StreamFacts facts,
            PacketTap packets,
            Interrupt interrupt) {
        this.packets = packets;
        paced = mode == Mode.PACED;
        this.receiver = receiver;
        this.health = health;
        this.interrupt = interrupt;
        long largestGap = mode == Mode.UNPACED ? MAX_GAP_FILE_NANOS : MAX_GAP_LIVE_NANOS;
        timing = new FrameTiming(stream, mode == Mode.LIVE, largestGap, health, facts);
        sampler = new FrameSampler(analyzeFps);
        try {
            lease = closer.register(FfmpegFrameLease.create());
            decoded = closer.register(FfmpegFrameLease.create());
            normalizer = closer.register(new FrameNormalizer());
        } catch (RuntimeException | Error e) {
            closer.closeAfter(e);
            throw e;
        }
    }

    /** A new connection, or a new round of a file: time continues, the decoder has no reference frame yet. */
    void startConnection() {
        mediaEpoch++;
        timing.startConnection();
        lastTimestampNanos = PresentationClock.NONE;
        health.startConnection();
        awaitsKeyFrame = true;
        framesWithoutKey = 0;
    }

    /** The time of packets and frames. */
    FrameTiming timing() {
        return timing;
    }

    /** Who receives the compressed packets. */
    PacketTap packets() {
        return packets;
    }

    /** Number of the connection or round that packets and frames come from, see {@link io.helmwatch.vision.FrameInfo#mediaEpoch}. */
    int mediaEpoch() {
        return mediaEpoch;
    }

    /** The frame that the decoder is asked to fill. */
    AVFrame target() {
        return decoded.frame();
    }

    /** The layout of the next frame if it lies in device memory; null when it is none of ours. */
    void surfaceFormat(@Nullable PixelFormat format) {
        normalizer.surfaceFormat(format);
    }

    /** The shape of the pixels of the frames that follow, width by height; 0 takes what the frames say. */
    void pixelAspect(double aspect) {
        normalizer.pixelAspect(aspect);
    }

    /** Whether the frames that follow were chosen by {@code analyze-fps} before they were decoded. */
    void sampled(boolean already) {
        sampled = already;
    }

    /**
     * A packet is not decoded, since its frame would not be analysed; it counts as sampled.
     *
     * @param timestampNanos its time, or {@link PresentationClock#NONE}
     */
    void skip(long timestampNanos) {
        sequence++;
        receiver.onDropped(DropCause.SAMPLED);
        if (paced && timestampNanos != PresentationClock.NONE && lastTimestampNanos != PresentationClock.NONE) {
            long ahead = timestampNanos - lastTimestampNanos;
            if (ahead > 0 && ahead < MAX_GAP_LIVE_NANOS) {
                waitUntilDue(lastPtsNanos + ahead);
            }
        }
    }

    /** Frames that were complete, whether they were analysed or not. */
    long delivered() {
        return delivered;
    }

    /** A packet could not be decoded. */
    void undecodable() {
        health.countCorrupt(System.nanoTime());
    }

    /**
     * Delivers the frame that was decoded into {@link #target}.
     *
     * @param timestampNanos the frame's own time, or {@link PresentationClock#NONE}
     */
    void deliver(long timestampNanos, long durationNanos, Orientation containerOrientation) {
        AVFrame frame = decoded.frame();
        long received = System.nanoTime();
        long number = sequence++;
        long pts = timing.frameTime(timestampNanos, durationNanos, received);
        if (isCorrupt(frame)) {
            avutil.av_frame_unref(frame);
            health.countCorrupt(received);
            return;
        }
        delivered++;
        lastTimestampNanos = timestampNanos;
        lastPtsNanos = pts;
        if (!sampled && !sampler.admits(pts)) {
            avutil.av_frame_unref(frame);
            health.countGood(received);
            receiver.onDropped(DropCause.SAMPLED);
            return;
        }
        if (!normalizer.move(frame, lease, containerOrientation)) {
            health.countCorrupt(received);
            return;
        }
        if (paced) {
            if (!waitUntilDue(pts)) {
                lease.release();
                return;
            }
            // A camera would have sent the frame now.
            received = System.nanoTime();
        }
        timing.stamp(lease.info(), number, pts, timestampNanos, received);
        lease.info().setMediaTime(mediaEpoch, timestampNanos);
        health.countGood(received);
        try {
            receiver.onFrame(lease);
        } finally {
            lease.release();
        }
    }

    private boolean isCorrupt(AVFrame frame) {
        if (awaitsKeyFrame) {
            boolean isKey = (frame.flags() & AVFrame.AV_FRAME_FLAG_KEY) != 0;
            if (!isKey && ++framesWithoutKey <= MAX_WAIT_FOR_KEY_FRAME) {
                return true;
            }
            awaitsKeyFrame = false;
        }
        return frame.decode_error_flags() != 0 || (frame.flags() & AVFrame.AV_FRAME_FLAG_CORRUPT) != 0;
    }

    private boolean waitUntilDue(long pts) {
        long wait = pacer.waitNanos(pts, System.nanoTime());
        long due = System.nanoTime() + wait;
        while (wait > 0) {
            if (interrupt.isStopped() || Thread.currentThread().isInterrupted()) {
                return false;
            }
            LockSupport.parkNanos(this, wait);
            wait = due - System.nanoTime();
        }
        return true;
    }

    /** The stream's state and counts. */
    StreamHealth health() {
        return health;
    }

    /** The pixel format that could not be converted; empty when there was none. */
    String unsupportedFormat() {
        return normalizer.unsupportedFormat();
    }

    @Override
    public void close() {
        closer.close();
    }
}
