package io.helmwatch.ingest.ffmpeg;

/**
 * What the latest opened input says of itself.
 *
 * <p>Threading: written by the stream's thread, read by any.
 */
final class StreamFacts {
    private volatile String codecName = "";
    private volatile double framesPerSecond;
    private volatile long durationNanos;

    void opened(String codec, double rate, long duration) {
        codecName = codec;
        framesPerSecond = rate;
        durationNanos = duration;
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
