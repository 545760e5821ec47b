package io.helmwatch.ingest.timing;

/**
 * Compares a live stream's media time with the arrival of its frames, in windows of at least 3 s. Media time is not trusted
 * after two windows in a row in which it advanced less than 0.8 or more than 1.25 seconds a second in the same direction, and
 * trusted again after five in a row in which it did not. A window with a gap of more than 40 % of its length (a stalled network,
 * segments that arrive at once) proves nothing and is ignored.
 *
 * <p>Threading: {@link #isTrusted} and {@link #rate} from any thread, {@link #observe} one thread. Allocates nothing.
 */
public final class MediaTimeCheck {
    private static final long WINDOW_NANOS = 3_000_000_000L;
    private static final int MIN_FRAMES = 5;
    private static final double MAX_GAP_SHARE = 0.4;
    private static final double SLOWEST_RATE = 0.8;
    private static final double FASTEST_RATE = 1.25;
    private static final int WINDOWS_TO_DISTRUST = 2;
    private static final int WINDOWS_TO_TRUST = 5;

    private boolean open;
    private long startMedia;
    private long startReceived;
    private long lastReceived;
    private long largestGap;
    private int frames;
    private int deviations;
    private int agreements;
    private volatile boolean trusted = true;
    private volatile double rate = 1;

    /** A new connection: the window starts again, the verdict stays until windows change it. */
    public void restart() {
        open = false;
        deviations = 0;
        agreements = 0;
    }

    /**
     * Takes a frame into account.
     *
     * @param mediaNanos its time by the stream's timestamps, never going back
     * @param receivedNanos {@link System#nanoTime()}
     * @return whether the verdict changed
     */
    public boolean observe(long mediaNanos, long receivedNanos) {
        if (!open) {
            start(mediaNanos, receivedNanos);
            return false;
        }
        largestGap = Math.max(largestGap, receivedNanos - lastReceived);
        lastReceived = receivedNanos;
        frames++;
        long elapsed = receivedNanos - startReceived;
        if (elapsed < WINDOW_NANOS || frames < MIN_FRAMES) {
            return false;
        }
        long advance = mediaNanos - startMedia;
        boolean conclusive = largestGap <= elapsed * MAX_GAP_SHARE;
        start(mediaNanos, receivedNanos);
        return conclusive && judge((double) advance / elapsed);
    }

    private void start(long mediaNanos, long receivedNanos) {
        open = true;
        startMedia = mediaNanos;
        startReceived = receivedNanos;
        lastReceived = receivedNanos;
        largestGap = 0;
        frames = 0;
    }

    private boolean judge(double windowRate) {
        rate = windowRate;
        if (windowRate < SLOWEST_RATE) {
            deviations = Math.min(deviations, 0) - 1;
            agreements = 0;
        } else if (windowRate > FASTEST_RATE) {
            deviations = Math.max(deviations, 0) + 1;
            agreements = 0;
        } else {
            deviations = 0;
            agreements++;
        }
        boolean before = trusted;
        if (Math.abs(deviations) >= WINDOWS_TO_DISTRUST) {
            trusted = false;
        } else if (agreements >= WINDOWS_TO_TRUST) {
            trusted = true;
        }
        return trusted != before;
    }

    /** Whether media time advances with arrival. */
    public boolean isTrusted() {
        return trusted;
    }

    /** Seconds of media time per second of arrival in the latest window; 1 before there was one. */
    public double rate() {
        return rate;
    }
}
