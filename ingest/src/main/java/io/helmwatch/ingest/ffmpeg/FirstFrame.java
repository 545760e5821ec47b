package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.ingest.StreamProbe;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameInfo;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.StreamStatus.State;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Waits for one frame or one reason why there is none, then stops the source. Of a camera that may tell its clock, it waits a little longer
 * for that. Threading: the stream's thread.
 */
final class FirstFrame implements FrameReceiver {
    /** Senders report their clock with the first packets, or within some seconds, or never. */
    private static final long MAX_CLOCK_WAIT_NANOS = 3_000_000_000L;

    private final FfmpegFrameSource source;
    private final boolean awaitsClock;
    private @Nullable ImageSize size;
    private long firstNanos;
    private double clockOffsetSeconds = Double.NaN;
    private String problem = "The stream ended without a frame.";

    /**
     * @param awaitsClock whether the stream may tell the camera's clock
     */
    FirstFrame(FfmpegFrameSource source, boolean awaitsClock) {
        this.source = source;
        this.awaitsClock = awaitsClock;
    }

    @Override
    public void onFrame(FrameLease frame) {
        long now = System.nanoTime();
        if (size == null) {
            size = new ImageSize(frame.width(), frame.height());
            firstNanos = now;
        }
        long cameraMillis = frame.info().cameraTimeMillis();
        if (cameraMillis != FrameInfo.NO_CAMERA_TIME) {
            clockOffsetSeconds = (cameraMillis - System.currentTimeMillis()) / 1e3;
            source.stop();
        } else if (!awaitsClock || now - firstNanos >= MAX_CLOCK_WAIT_NANOS) {
            source.stop();
        }
    }

    @Override
    public void onDropped(DropCause cause) {
        // A damaged frame proves nothing yet.
    }

    @Override
    public void onStatus(StreamStatus status) {
        if (status.state() == State.OFFLINE || status.state() == State.FAILED) {
            problem = status.reason();
            source.stop();
        }
    }

    StreamProbe result(StreamFacts facts) {
        ImageSize seen = size;
        return seen == null
                ? StreamProbe.failed(problem)
                : StreamProbe.of(facts.codecName(), seen, facts.framesPerSecond(), clockOffsetSeconds)
                        .withWarning(clockWarning());
    }

    private String clockWarning() {
        return Math.abs(clockOffsetSeconds) > FrameTiming.CLOCK_WARNING_SECONDS
                ? String.format(
                        Locale.ROOT,
                        "its clock is %.1f s %s ours: events use our clock; set the camera's time server, time zone and"
                                + " summer time",
                        Math.abs(clockOffsetSeconds),
                        clockOffsetSeconds > 0 ? "ahead of" : "behind")
                : "";
    }
}
