package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.ingest.ffmpeg.decode.FfmpegFrameLease;
import io.helmwatch.ingest.ffmpeg.decode.FrameNormalizer;
import io.helmwatch.ingest.ffmpeg.input.FfmpegInput;
import io.helmwatch.ingest.ffmpeg.input.Interrupt;
import io.helmwatch.ingest.ffmpeg.input.VideoTrack;
import io.helmwatch.ingest.ffmpeg.remux.PacketTap;
import io.helmwatch.ingest.timing.CaptureClock;
import io.helmwatch.ingest.timing.FrameSampler;
import io.helmwatch.ingest.timing.Pacer;
import io.helmwatch.ingest.timing.PresentationClock;
import io.helmwatch.ingest.timing.StreamClock;
import io.helmwatch.resource.Closer;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.Orientation;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.StreamReason;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avutil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happens to a stream's frames between the decoder and the receiver, in this order: numbering, time, corruption, sampling,
 * pixel format and orientation, pacing. Lives as long as the stream's run, over all its connections.
 *
 * <p>Nothing is allocated per frame, except what {@link FrameNormalizer} allocates and a read of the camera's clock once a second.
 *
 * <p>Threading: the stream's thread. Ownership: its frame holders and filter graph are freed on {@link #close}.
 */
final class FrameDelivery implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FrameDelivery.class);

    /** A stream without key frames (periodic intra refresh) is accepted from this frame on, if its decoder does not complain. */
    private static final int MAX_WAIT_FOR_KEY_FRAME = 300;

    private static final long MAX_GAP_LIVE_NANOS = 10_000_000_000L;
    private static final long MAX_GAP_FILE_NANOS = 3_600_000_000_000L;

    /** Difference between the camera's clock and ours that is reported, and below which it may be reported anew. */
    static final double CLOCK_WARNING_SECONDS = 2;

    private static final double CLOCK_AGREEMENT_SECONDS = 1;
    private static final long FACTS_INTERVAL_NANOS = 1_000_000_000L;

    private final String stream;
    private final boolean live;
    private final boolean paced;
    private final FrameReceiver receiver;
    private final Interrupt interrupt;
    private final StreamHealth health;
    private final StreamFacts facts;
    private final PacketTap packets;
    private final Closer closer = new Closer();
    private final FfmpegFrameLease lease;
    private final FfmpegFrameLease decoded;
    private final FrameNormalizer normalizer;
    /** Of all packets: what is not decoded tells how fast time passes, too. */
    private final StreamClock packetClock;

    private final StreamClock clock;
    private final CaptureClock captureClock = new CaptureClock();
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
    private boolean clockWarned;
    private boolean arrivalReported;
    private long factsUpdatedNanos;

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
        this.stream = stream;
        this.facts = facts;
        this.packets = packets;
        live = mode == Mode.LIVE;
        paced = mode == Mode.PACED;
        this.receiver = receiver;
        this.health = health;
        this.interrupt = interrupt;
        long largestGap = mode == Mode.UNPACED ? MAX_GAP_FILE_NANOS : MAX_GAP_LIVE_NANOS;
        packetClock = new StreamClock(largestGap, live);
        clock = new StreamClock(largestGap, live, packetClock.check());
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
        packetClock.restart();
        clock.restart();
        lastTimestampNanos = PresentationClock.NONE;
        captureClock.restart();
        health.startConnection();
        awaitsKeyFrame = true;
        framesWithoutKey = 0;
    }

    /** Reads the camera's clock from the packet now and then, where the camera sends it. */
    void observe(AVPacket packet, VideoTrack video) {
        if (live && packet.side_data_elems() > 0 && captureClock.isDue(System.nanoTime())) {
            captureClock.observe(FfmpegInput.wallClockMicros(packet), video.toNanos(packet.pts()));
        }
    }

    /**
     * The time of a packet, by which it is chosen for decoding: its own timestamp, or that of its arrival where the timestamps of a live stream
     * are not trusted. Once for every packet.
     *
     * @param timestampNanos its own time, in the order of decoding, or {@link PresentationClock#NONE}
     * @param durationNanos the nominal duration of a frame, above 0
     */
    long packetTime(long timestampNanos, long durationNanos) {
        if (!live) {
            return timestampNanos == PresentationClock.NONE ? System.nanoTime() : timestampNanos;
        }
        long time = packetClock.next(timestampNanos, durationNanos, System.nanoTime());
        if (packetClock.verify()) {
            reportMediaTime();
        }
        return time;
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
        long pts = clock.next(timestampNanos, durationNanos, received);
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
        long captured =
                captureClock.capturedAtMillis(timestampNanos, clock.check().isTrusted());
        lease.info().setPosition(number, pts, captured, received);
        lease.info().setMediaTime(mediaEpoch, timestampNanos);
        lease.info().setCameraTimeMillis(captureClock.cameraTimeMillis());
        if (live && received - factsUpdatedNanos > FACTS_INTERVAL_NANOS) {
            factsUpdatedNanos = received;
            updateFacts();
        }
        health.countGood(received);
        try {
            receiver.onFrame(lease);
        } finally {
            lease.release();
        }
    }

    /** Says once in each direction whether frames are timed by their timestamps or by arrival. */
    private void reportMediaTime() {
        double rate = clock.check().rate();
        updateFacts();
        if (clock.check().isTrusted()) {
            LOG.info("Stream {} times its frames by their timestamps again: rate={}", stream, rate);
            return;
        }
        String sentence = String.format(
                Locale.ROOT,
                "Timestamps advance %.2f s per second: frames are timed by arrival; check the camera's frame rate and firmware.",
                rate);
        health.note(StreamReason.TIMED_BY_ARRIVAL, sentence);
        if (!arrivalReported) {
            arrivalReported = true;
            LOG.warn("Stream {}: {}", stream, sentence);
        }
    }

    private void updateFacts() {
        long offsetMillis = captureClock.cameraOffsetMillis();
        double offset = offsetMillis == CaptureClock.UNKNOWN ? Double.NaN : offsetMillis / 1000.0;
        facts.clocks(offset, clock.check().rate(), !clock.check().isTrusted());
        if (Math.abs(offset) > CLOCK_WARNING_SECONDS && !clockWarned) {
            clockWarned = true;
            LOG.warn(
                    "Camera clock of stream {} differs from ours: offsetSeconds={}; events use our clock; set the camera's time server",
                    stream,
                    offset);
        } else if (Math.abs(offset) < CLOCK_AGREEMENT_SECONDS) {
            clockWarned = false;
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
