package io.helmwatch.ingest.ffmpeg;

/**
 * What the latest opened input says of itself, and what its frames show of its clocks.
 *
 * <p>Threading: written by the stream's thread, read by any.
 */
final class StreamFacts {
    private volatile String codecName = "";
    private volatile double framesPerSecond;
    private volatile long durationNanos;
    private volatile double cameraClockOffsetSeconds = Double.NaN;
    private volatile double mediaTimeRate = Double.NaN;
    private volatile boolean timedByArrival;

    void opened(String codec, double rate, long duration) {
        codecName = codec;
        framesPerSecond = rate;
        durationNanos = duration;
    }

    void clocks(double cameraOffsetSeconds, double mediaRate, boolean byArrival) {
        cameraClockOffsetSeconds = cameraOffsetSeconds;
        mediaTimeRate = mediaRate;
        timedByArrival = byArrival;
    }

    /** Seconds that the camera's clock is ahead of ours; NaN where the camera does not tell its clock. */
    double cameraClockOffsetSeconds() {
        return cameraClockOffsetSeconds;
    }

    /** Seconds of media time per second of arrival; NaN for a stream that is not live. */
    double mediaTimeRate() {
        return mediaTimeRate;
    }

    /** Whether frames are timed by their arrival, because the stream's timestamps do not advance with time. */
    boolean isTimedByArrival() {
        return timedByArrival;
    }

    /** The codec's name as FFmpeg writes it, {@code h264} for example; empty while nothing was opened. */
    String codecName() {
        return codecName;
    }

    /** The stream's own claim; 0 when it makes none. */
    double framesPerSecond() {
        return framesPerSecond;
    }

    /** Length of a finite stream as its container claims it; 0 where unknown. */
    long durationNanos() {
        return durationNanos;
    }
}
