package io.helmwatch.pipeline.ring.stream;

import io.helmwatch.vision.DropCause;
import java.util.concurrent.TimeUnit;

/**
 * Rates of a stream over the last ten seconds: frames decoded, wanted, which is decoded and neither dropped by sampling nor corrupt, analysed,
 * and dropped by cause.
 *
 * <p>Threading: sampled by one thread, about once a second; read by any.
 */
public final class StreamRates {
    private static final int SAMPLES = 11;
    private static final int CAUSES = DropCause.values().length;

    private final long[] atNanos = new long[SAMPLES];
    private final long[] wanted = new long[SAMPLES];
    private final long[] analysed = new long[SAMPLES];
    private final long[] decoded = new long[SAMPLES];
    private final long[][] dropped = new long[SAMPLES][CAUSES];
    private int count;
    private final LastGrowth decodedGrowth = new LastGrowth();
    private final LastGrowth wantedGrowth = new LastGrowth();
    private final LastGrowth analysedGrowth = new LastGrowth();
    private volatile double wantedPerSecond;
    private volatile double analysedPerSecond;
    private volatile long missingFrames;
    private volatile double windowSeconds;
    private volatile double idleSeconds;
    private volatile double unselectedSeconds;
    private volatile double silentSeconds;
    private volatile double decodedPerSecond;
    /** Replaced as a whole, by cause. */
    private volatile double[] droppedPerSecond = new double[CAUSES];

    /** Adds a sample of the stream's counts. */
    public void sample(long nowNanos, FrameCounts counts) {
        long decodedFrames = counts.decoded();
        long wantedFrames = decodedFrames - counts.dropped(DropCause.SAMPLED) - counts.dropped(DropCause.CORRUPT);
        long analysedFrames = counts.analysed();
        int index = count % SAMPLES;
        atNanos[index] = nowNanos;
        wanted[index] = wantedFrames;
        analysed[index] = analysedFrames;
        decoded[index] = decodedFrames;
        for (DropCause cause : DropCause.values()) {
            dropped[index][cause.ordinal()] = counts.dropped(cause);
        }
        count++;
        int oldest = count > SAMPLES ? count % SAMPLES : 0;
        double seconds = (nowNanos - atNanos[oldest]) / (double) TimeUnit.SECONDS.toNanos(1);
        windowSeconds = seconds;
        wantedPerSecond = seconds > 0 ? (wantedFrames - wanted[oldest]) / seconds : 0;
        analysedPerSecond = seconds > 0 ? (analysedFrames - analysed[oldest]) / seconds : 0;
        missingFrames = wantedFrames - wanted[oldest] - (analysedFrames - analysed[oldest]);
        decodedPerSecond = seconds > 0 ? (decodedFrames - decoded[oldest]) / seconds : 0;
        double[] drops = new double[CAUSES];
        for (int cause = 0; cause < CAUSES && seconds > 0; cause++) {
            drops[cause] = (dropped[index][cause] - dropped[oldest][cause]) / seconds;
        }
        droppedPerSecond = drops;
        idleSeconds = analysedGrowth.seconds(analysedFrames, nowNanos);
        unselectedSeconds = wantedGrowth.seconds(wantedFrames, nowNanos);
        silentSeconds = decodedGrowth.seconds(decodedFrames, nowNanos);
    }

    /** When a count grew last. */
    private static final class LastGrowth {
        private boolean isKnown;
        private long last;
        private long nanos;

        double seconds(long now, long nowNanos) {
            if (!isKnown || now > last) {
                isKnown = true;
                last = now;
                nanos = nowNanos;
            }
            return (nowNanos - nanos) / (double) TimeUnit.SECONDS.toNanos(1);
        }

        void reset() {
            isKnown = false;
        }
    }

    /** Forgets all samples: a new connection has rates of its own. */
    public void reset() {
        count = 0;
        windowSeconds = 0;
        wantedPerSecond = 0;
        analysedPerSecond = 0;
        missingFrames = 0;
        idleSeconds = 0;
        unselectedSeconds = 0;
        silentSeconds = 0;
        decodedGrowth.reset();
        wantedGrowth.reset();
        analysedGrowth.reset();
        decodedPerSecond = 0;
        droppedPerSecond = new double[CAUSES];
    }

    /** Frames decoded per second. */
    public double decodedPerSecond() {
        return decodedPerSecond;
    }

    /** Frames dropped per second for a cause. */
    public double droppedPerSecond(DropCause cause) {
        return droppedPerSecond[cause.ordinal()];
    }

    /** Frames wanted per second. */
    public double wantedPerSecond() {
        return wantedPerSecond;
    }

    /** Frames analysed per second. */
    public double analysedPerSecond() {
        return analysedPerSecond;
    }

    /** Wanted frames less those analysed, of the window; frames that are under way count. */
    public long missingFrames() {
        return missingFrames;
    }

    /** Length of the window that the rates cover so far, at most about ten seconds. */
    public double windowSeconds() {
        return windowSeconds;
    }

    /** Seconds since a frame was analysed, or since the first sample. */
    public double idleSeconds() {
        return idleSeconds;
    }

    /** Seconds since a frame was wanted, or since the first sample. */
    public double unselectedSeconds() {
        return unselectedSeconds;
    }

    /** Seconds since a frame was decoded, or since the first sample. */
    public double silentSeconds() {
        return silentSeconds;
    }
}
