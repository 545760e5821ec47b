package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.Orientation;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.StreamStatus.State;
import io.helmwatch.vision.VideoFrame.Memory;
import java.util.concurrent.locks.LockSupport;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVFrameSideData;
import org.bytedeco.ffmpeg.global.avutil;
import org.jspecify.annotations.Nullable;

/**
 * What happens to a stream's frames between the decoder and the receiver: numbering, time, corruption, turning upright,
 * sampling, pacing; and the stream's state as its frames show it. Lives as long as the stream's run, over all its connections.
 *
 * <p>Nothing is allocated per frame, except where a picture has to be turned by a matrix of its own or the camera's clock is
 * read, once a second.
 *
 * <p>Threading: the stream's thread. Ownership: its frame holders and filter are freed on {@link #close}.
 */
final class FrameDelivery implements AutoCloseable {
    /** A stream without key frames (periodic intra refresh) is taken from this frame on, if its decoder does not complain. */
    private static final int LONGEST_WAIT_FOR_KEY = 300;

    private static final long CLOCK_CHECK_NANOS = 1_000_000_000L;

    /** A camera whose clock is further from ours is taken to have none. */
    private static final long LARGEST_CLOCK_DIFFERENCE_MILLIS = 24 * 3600 * 1000L;

    private static final long NO_CAMERA_CLOCK = Long.MIN_VALUE;
    private static final long LARGEST_GAP_LIVE_NANOS = 10_000_000_000L;
    private static final long LARGEST_GAP_FILE_NANOS = 3_600_000_000_000L;

    private final String stream;
    private final boolean live;
    private final boolean realtime;
    private final FrameReceiver receiver;
    private final Interrupt interrupt;
    private final FfmpegFrameLease lease;
    private final FfmpegFrameLease decoded;
    private final PictureFilter filter = new PictureFilter();
    private final PresentationClock clock;
    private final FrameSampler sampler;
    private final Pacer pacer = new Pacer();
    private final CorruptionWindow corruption = new CorruptionWindow();
    private State state = State.STARTING;
    private long sequence;
    private long goodFrames;
    private long corruptFrames;
    private boolean awaitsKey;
    private int waitedForKey;
    private long cameraClockMicros = NO_CAMERA_CLOCK;
    private long clockCheckedNanos;
    private long onlineSinceNanos;
    private boolean hasBeenOnline;
    private String unsupported = "";
    private @Nullable PixelFormat surfaceFormat;

    FrameDelivery(
            String stream,
            boolean live,
            boolean realtime,
            double analyzeFps,
            FrameReceiver receiver,
            Interrupt interrupt) {
        this.stream = stream;
        this.live = live;
        this.realtime = realtime;
        this.receiver = receiver;
        this.interrupt = interrupt;
        clock = new PresentationClock(live || realtime ? LARGEST_GAP_LIVE_NANOS : LARGEST_GAP_FILE_NANOS, live);
        sampler = new FrameSampler(analyzeFps);
        lease = FfmpegFrameLease.create();
        try {
            decoded = FfmpegFrameLease.create();
        } catch (RuntimeException | Error e) {
            lease.close();
            throw e;
        }
    }

    /** A new connection, or a new round of a file: time goes on, the decoder knows no picture yet. */
    void begin() {
        clock.restart();
        awaitsKey = true;
        waitedForKey = 0;
        cameraClockMicros = NO_CAMERA_CLOCK;
        clockCheckedNanos = System.nanoTime() - CLOCK_CHECK_NANOS;
        corruption.reset();
        hasBeenOnline = false;
    }

    /** Looks now and then whether the camera tells its clock. */
    void observe(AVPacket packet, FfmpegInput input) {
        if (!live || packet.side_data_elems() == 0) {
            return;
        }
        long now = System.nanoTime();
        if (now - clockCheckedNanos < CLOCK_CHECK_NANOS && cameraClockMicros != NO_CAMERA_CLOCK) {
            return;
        }
        clockCheckedNanos = now;
        long wallClock = FfmpegInput.wallClockMicros(packet);
        long pts = input.toNanos(packet.pts());
        if (wallClock > 0 && pts != PresentationClock.NONE) {
            cameraClockMicros = wallClock - pts / 1000;
        }
    }

    /** The frame that the decoder is asked to fill. */
    AVFrame target() {
        return decoded.frame();
    }

    /** The layout of the next frame if it lies in device memory; null when it is none of ours. */
    void surfaceFormat(@Nullable PixelFormat format) {
        surfaceFormat = format;
    }

    /** The decoder could make nothing of a packet. */
    void undecodable() {
        countCorrupt(System.nanoTime());
    }

    /**
     * Takes the frame that was decoded into {@link #target} on its way.
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
            countCorrupt(received);
            return;
        }
        if (!sampler.admits(pts)) {
            avutil.av_frame_unref(frame);
            countGood(received);
            receiver.onDropped(DropCause.SAMPLED);
            return;
        }
        if (!prepare(frame, containerOrientation)) {
            countCorrupt(received);
            return;
        }
        if (realtime) {
            if (!waitUntilDue(pts)) {
                lease.release();
                return;
            }
            // A camera would have sent the frame now.
            received = System.nanoTime();
        }
        lease.info().setPosition(number, pts, capturedAtMillis(timestampNanos), received);
        countGood(received);
        try {
            receiver.onFrame(lease);
        } finally {
            lease.release();
        }
    }

    /** Moves the picture into the lease in a format of ours; in host memory upright. */
    private boolean prepare(AVFrame frame, Orientation containerOrientation) {
        Orientation turn =
                frame.nb_side_data() > 0 ? frameOrientation(frame, containerOrientation) : containerOrientation;
        if (CudaDecoding.isSurface(frame.format())) {
            return prepareSurface(frame, turn);
        }
        PixelFormat format = FfmpegPixelFormats.nearest(frame.format());
        if (format == null) {
            unsupported = FfmpegPixelFormats.name(frame.format());
            avutil.av_frame_unref(frame);
            return false;
        }
        AVFrame destination = lease.frame();
        if (PictureFilter.needed(frame, turn)) {
            int original = frame.format();
            int rc = filter.apply(frame, destination, turn, format);
            if (rc < 0) {
                unsupported = FfmpegPixelFormats.name(original) + " (" + Ffmpeg.describe(rc) + ")";
                avutil.av_frame_unref(frame);
                avutil.av_frame_unref(destination);
                return false;
            }
        } else {
            avutil.av_frame_move_ref(destination, frame);
        }
        lease.hold(format, Memory.HOST, Orientation.UPRIGHT);
        return true;
    }

    /** Moves a picture in device memory into the lease as it is stored: it is turned where it is read. It cannot be converted there. */
    private boolean prepareSurface(AVFrame frame, Orientation turn) {
        PixelFormat format = surfaceFormat;
        if (format == null) {
            unsupported = "of the GPU's video engine";
            avutil.av_frame_unref(frame);
            return false;
        }
        avutil.av_frame_move_ref(lease.frame(), frame);
        lease.hold(format, Memory.CUDA, turn);
        return true;
    }

    private static Orientation frameOrientation(AVFrame frame, Orientation otherwise) {
        AVFrameSideData matrix = avutil.av_frame_get_side_data(frame, avutil.AV_FRAME_DATA_DISPLAYMATRIX);
        return matrix == null || matrix.size() < 36 ? otherwise : FfmpegInput.orientation(matrix.data());
    }

    private boolean isCorrupt(AVFrame frame) {
        boolean flagged = frame.decode_error_flags() != 0 || (frame.flags() & AVFrame.AV_FRAME_FLAG_CORRUPT) != 0;
        if (awaitsKey) {
            if ((frame.flags() & AVFrame.AV_FRAME_FLAG_KEY) != 0 || ++waitedForKey > LONGEST_WAIT_FOR_KEY) {
                awaitsKey = false;
            } else {
                return true;
            }
        }
        return flagged;
    }

    private long capturedAtMillis(long timestampNanos) {
        long now = System.currentTimeMillis();
        if (cameraClockMicros == NO_CAMERA_CLOCK || timestampNanos == PresentationClock.NONE) {
            return now;
        }
        long camera = (cameraClockMicros + timestampNanos / 1000) / 1000;
        return Math.abs(camera - now) <= LARGEST_CLOCK_DIFFERENCE_MILLIS ? camera : now;
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

    private void countGood(long now) {
        goodFrames++;
        boolean changed = live && corruption.count(false, now);
        if (!hasBeenOnline) {
            hasBeenOnline = true;
            onlineSinceNanos = now;
        }
        if (state != State.ONLINE && (state != State.DEGRADED || changed || !corruption.isDegraded())) {
            enter(State.ONLINE, "");
        }
    }

    private void countCorrupt(long now) {
        corruptFrames++;
        receiver.onDropped(DropCause.CORRUPT);
        if (live && corruption.count(true, now) && corruption.isDegraded()) {
            enter(
                    State.DEGRADED,
                    corruption.corruptFrames() + " of the last " + corruption.frames()
                            + " frames are damaged or have no key frame before them.");
        }
    }

    /** Enters a state and tells the receiver. */
    void enter(State next, String reason) {
        state = next;
        receiver.onStatus(new StreamStatus(stream, next, reason, System.currentTimeMillis()));
    }

    /** How long this connection has delivered good frames; 0 when it has not. */
    long onlineMillis() {
        return hasBeenOnline ? (System.nanoTime() - onlineSinceNanos) / 1_000_000 : 0;
    }

    boolean hasBeenOnline() {
        return hasBeenOnline;
    }

    long goodFrames() {
        return goodFrames;
    }

    long corruptFrames() {
        return corruptFrames;
    }

    /** The pixel format that could not be converted; empty when there was none. */
    String unsupportedFormat() {
        return unsupported;
    }

    @Override
    public void close() {
        filter.close();
        decoded.close();
        lease.close();
    }
}
