package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.ingest.ffmpeg.input.FfmpegInput;
import io.helmwatch.ingest.ffmpeg.input.VideoTrack;
import io.helmwatch.ingest.timing.CaptureClock;
import io.helmwatch.ingest.timing.PresentationClock;
import io.helmwatch.ingest.timing.StreamClock;
import io.helmwatch.vision.FrameInfo;
import io.helmwatch.vision.StreamReason;
import java.util.Locale;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Time of a stream's packets and frames: their timestamps while these advance as time does, else their arrival; the camera's clock beside ours. Says
 * in the log and in the stream's state when timestamps are not trusted, and when the camera's clock differs.
 *
 * <p>Threading: the stream's thread.
 */
final class FrameTiming {
    private static final Logger LOG = LoggerFactory.getLogger(FrameTiming.class);

    /** Difference between the camera's clock and ours that is reported, and below which it may be reported anew. */
    static final double CLOCK_WARNING_SECONDS = 2;

    private static final double CLOCK_AGREEMENT_SECONDS = 1;
    private static final long FACTS_INTERVAL_NANOS = 1_000_000_000L;

    private final String stream;
    private final boolean live;
    private final StreamHealth health;
    private final StreamFacts facts;
    /** Of all packets: what is not decoded tells how fast time passes, too. */
    private final StreamClock packetClock;

    private final StreamClock frameClock;
    private final CaptureClock captureClock = new CaptureClock();
    private boolean clockWarned;
    private boolean arrivalReported;
    private long factsUpdatedNanos;

    /** {@code maxGapNanos}: a larger step of the timestamps is a break, not time that passed. */
    FrameTiming(String stream, boolean live, long maxGapNanos, StreamHealth health, StreamFacts facts) {
        this.stream = stream;
        this.live = live;
        this.health = health;
        this.facts = facts;
        packetClock = new StreamClock(maxGapNanos, live);
        frameClock = new StreamClock(maxGapNanos, live, packetClock.check());
    }

    /** A new connection, or a new round of a file: time continues, timestamps start anew. */
    void startConnection() {
        packetClock.restart();
        frameClock.restart();
        captureClock.restart();
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

    /**
     * The time of a frame within its stream, which never goes back. Once for every frame.
     *
     * @param timestampNanos its own time, or {@link PresentationClock#NONE}
     * @param receivedNanos when it was decoded, by {@link System#nanoTime}
     */
    long frameTime(long timestampNanos, long durationNanos, long receivedNanos) {
        return frameClock.next(timestampNanos, durationNanos, receivedNanos);
    }

    /** Writes when a frame was captured by our clock, and by the camera's where it tells. */
    void stamp(FrameInfo info, long number, long ptsNanos, long timestampNanos, long receivedNanos) {
        info.setPosition(
                number,
                ptsNanos,
                captureClock.capturedAtMillis(timestampNanos, frameClock.check().isTrusted()),
                receivedNanos);
        info.setCameraTimeMillis(captureClock.cameraTimeMillis());
        if (live && receivedNanos - factsUpdatedNanos > FACTS_INTERVAL_NANOS) {
            factsUpdatedNanos = receivedNanos;
            updateFacts();
        }
    }

    /** Says once in each direction whether frames are timed by their timestamps or by arrival. */
    private void reportMediaTime() {
        double rate = frameClock.check().rate();
        updateFacts();
        if (frameClock.check().isTrusted()) {
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
        facts.clocks(offset, frameClock.check().rate(), !frameClock.check().isTrusted());
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
}
