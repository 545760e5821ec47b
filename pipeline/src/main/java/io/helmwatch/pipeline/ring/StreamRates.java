package io.helmwatch.pipeline.ring;

import java.util.concurrent.TimeUnit;

/**
 * Rates of a stream over the last ten seconds: frames wanted, which is decoded and neither dropped by sampling nor corrupt, and frames
 * analysed.
 *
 * <p>Threading: sampled by one thread, about once a second; read by any.
 */
public final class StreamRates {
    private static final int SAMPLES = 11;

    private final long[] atNanos = new long[SAMPLES];
    private final long[] wanted = new long[SAMPLES];
    private final long[] analysed = new long[SAMPLES];
    private int count;
    private long analysedNanos;
    private long lastAnalysed;
    private volatile double wantedPerSecond;
    private volatile double analysedPerSecond;
    private volatile double windowSeconds;
    private volatile double idleSeconds;

    /** Adds a sample of the stream's counts. */
    void sample(long nowNanos, long wantedFrames, long analysedFrames) {
        if (count == 0 || analysedFrames > lastAnalysed) {
            analysedNanos = nowNanos;
            lastAnalysed = analysedFrames;
        }
        int index = count % SAMPLES;
        atNanos[index] = nowNanos;
        wanted[index] = wantedFrames;
        analysed[index] = analysedFrames;
        count++;
        int oldest = count > SAMPLES ? count % SAMPLES : 0;
        double seconds = (nowNanos - atNanos[oldest]) / (double) TimeUnit.SECONDS.toNanos(1);
        windowSeconds = seconds;
        wantedPerSecond = seconds > 0 ? (wantedFrames - wanted[oldest]) / seconds : 0;
        analysedPerSecond = seconds > 0 ? (analysedFrames - analysed[oldest]) / seconds : 0;
        idleSeconds = (nowNanos - analysedNanos) / (double) TimeUnit.SECONDS.toNanos(1);
    }

    /** Forgets all samples: a new connection has rates of its own. */
    void reset() {
        count = 0;
        windowSeconds = 0;
        wantedPerSecond = 0;
        analysedPerSecond = 0;
        idleSeconds = 0;
    }

    /** Frames wanted per second. */
    public double wantedPerSecond() {
        return wantedPerSecond;
    }

    /** Frames analysed per second. */
    public double analysedPerSecond() {
        return analysedPerSecond;
    }

    /** Length of the window that the rates cover so far, at most about ten seconds. */
    public double windowSeconds() {
        return windowSeconds;
    }

    /** Seconds since a frame was analysed, or since the first sample. */
    public double idleSeconds() {
        return idleSeconds;
    }
}
