package io.helmwatch.pipeline.desk;

import io.helmwatch.config.rule.StreamRulesConfig;
import io.helmwatch.config.secret.Redaction;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.ingest.FrameSource;
import io.helmwatch.ingest.PacketReceiver;
import io.helmwatch.ingest.VideoPacket;
import io.helmwatch.ingest.ffmpeg.FfmpegFrameSource;
import io.helmwatch.sinks.opencv.StillFrame;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.web.RefusedException;
import io.helmwatch.web.Streams;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Opens an address once, watches it for some seconds, and says what it delivers. On the CPU, on the thread that asks; at most
 * {@value #AT_ONCE} at a time.
 *
 * <p>Threading: any thread.
 */
final class StreamProbing {
    private static final int AT_ONCE = 2;
    /** From the first frame on; two key frames end it earlier. */
    private static final Duration WATCHED = Duration.ofSeconds(6);

    private static final int MIN_FRAMES_FOR_RATE = 10;
    private static final double LONG_KEY_FRAME_SECONDS = 4;
    private static final double CLOCK_WARNING_SECONDS = 2;
    private static final double NANOS = 1e9;

    private final Semaphore running = new Semaphore(AT_ONCE);

    /**
     * Probes a stream; takes at most its open timeout, its read timeout and some seconds.
     *
     * @throws RefusedException when too many are probed at the same time
     */
    Streams.Probe probe(StreamConfig stream) {
        if (!running.tryAcquire()) {
            throw new RefusedException(
                    RefusedException.Kind.BUSY, "two addresses are being tested already: try again in some seconds");
        }
        try {
            FfmpegFrameSource source = FfmpegFrameSource.create(stream.withRules(StreamRulesConfig.NONE));
            Watch watch = new Watch(source);
            source.packets().subscribe(watch);
            source.run(watch);
            return watch.result(FfmpegFrameSource.warning(stream));
        } finally {
            running.release();
        }
    }

    /** Watches a source until enough is known, then stops it. Threading: the source's thread. */
    private static final class Watch implements FrameReceiver, PacketReceiver {
        private final FrameSource source;
        private final StillFrame still = new StillFrame();
        private @Nullable ImageSize size;
        private String problem = "The stream ended without a frame.";
        private boolean isCopied;
        private long firstNanos;
        private long lastNanos;
        private int frames;
        private long keyNanos = VideoPacket.NO_TIME;
        private double keyFrameSeconds = Double.NaN;

        Watch(FrameSource source) {
            this.source = source;
        }

        @Override
        public void onPacket(VideoPacket packet) {
            if (packet.isKeyFrame() && packet.mediaTimeNanos() != VideoPacket.NO_TIME) {
                if (keyNanos != VideoPacket.NO_TIME && packet.mediaTimeNanos() > keyNanos) {
                    keyFrameSeconds = (packet.mediaTimeNanos() - keyNanos) / NANOS;
                }
                keyNanos = packet.mediaTimeNanos();
            }
        }

        @Override
        public void onFrame(FrameLease frame) {
            if (size == null) {
                firstNanos = frame.receivedNanos();
                size = new ImageSize(frame.width(), frame.height());
                still.take(frame);
                isCopied = true;
            }
            count(frame.receivedNanos());
        }

        @Override
        public void onDropped(DropCause cause) {
            if (cause == DropCause.SAMPLED && size != null) {
                count(System.nanoTime());
            }
        }

        private void count(long nowNanos) {
            frames++;
            lastNanos = nowNanos;
            boolean isEnough = !Double.isNaN(keyFrameSeconds) && frames > MIN_FRAMES_FOR_RATE;
            if (!source.isLive() || isEnough || nowNanos - firstNanos > WATCHED.toNanos()) {
                source.stop();
            }
        }

        @Override
        public void onStatus(StreamStatus status) {
            boolean isLost =
                    status.state() == StreamStatus.State.OFFLINE || status.state() == StreamStatus.State.FAILED;
            if (isLost) {
                if (size == null) {
                    problem = status.reason();
                }
                source.stop();
            }
        }

        Streams.Probe result(String warning) {
            ImageSize seen = size;
            if (seen == null) {
                return new Streams.Probe(
                        false, Redaction.redact(problem), "", null, null, null, null, null, null, null);
            }
            double offset = source.cameraClockOffsetSeconds();
            String codec = source.codec();
            return new Streams.Probe(
                    true,
                    "",
                    Redaction.redact(advice(warning, offset)),
                    codec.isEmpty() ? null : codec,
                    seen.width(),
                    seen.height(),
                    rate(),
                    Double.isNaN(keyFrameSeconds) ? null : rounded(keyFrameSeconds),
                    Double.isNaN(offset) ? null : rounded(1_000 * offset),
                    image());
        }

        /** As measured where the stream is live and was watched long enough, else the stream's own claim. */
        private @Nullable Double rate() {
            double claimed = source.framesPerSecond();
            boolean isMeasured = source.isLive() && frames > MIN_FRAMES_FOR_RATE && lastNanos > firstNanos;
            double rate = isMeasured ? (frames - 1) * NANOS / (lastNanos - firstNanos) : claimed;
            return rate > 0 ? rounded(rate) : null;
        }

        private String advice(String warning, double offset) {
            List<String> advice = new ArrayList<>();
            if (!warning.isEmpty()) {
                advice.add(warning);
            }
            boolean isLong = keyFrameSeconds > LONG_KEY_FRAME_SECONDS
                    || (Double.isNaN(keyFrameSeconds) && lastNanos - firstNanos >= WATCHED.toNanos());
            if (source.isLive() && isLong) {
                advice.add("Key frames are far apart: after a disconnect the stream needs that long to come back;"
                        + " set the camera's key frame interval (GOP, I-frame interval) to 1 or 2 s.");
            }
            if (Math.abs(offset) > CLOCK_WARNING_SECONDS) {
                advice.add(
                        String.format(Locale.ROOT, "The camera's clock is %.0f s off: set its time server.", offset));
            }
            if (source.isTimedByArrival()) {
                advice.add("The camera's timestamps do not advance with time: check its frame rate and firmware.");
            }
            return String.join(" ", advice);
        }

        private @Nullable String image() {
            if (!isCopied) {
                return null;
            }
            try {
                byte[] jpeg = still.jpeg(StreamRulesConfig.NONE, List.of(), false, null);
                return "data:image/jpeg;base64," + Base64.getEncoder().encodeToString(jpeg);
            } catch (IOException e) {
                return null;
            }
        }

        private static double rounded(double value) {
            return Math.rint(value * 100) / 100;
        }
    }
}
