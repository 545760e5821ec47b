package io.helmwatch.ingest.timing;

/**
 * The machine's wall clock, monotonic: it follows steps ahead at once and, after a step back, runs a tenth slower until the
 * system's clock has caught up.
 *
 * <p>Threading: one thread. Allocates nothing.
 */
public final class WallClock {
    private static final long NANOS_PER_MILLI = 1_000_000L;
    private static final long SLOWING = 10;

    private boolean started;
    private long lastSystemNanos;
    private long current;

    /** Milliseconds since 1970 UTC; never less than the value before. */
    public long millis() {
        return millis(System.nanoTime(), System.currentTimeMillis());
    }

    /**
     * As {@link #millis()} for given readings.
     *
     * @param nanoTime {@link System#nanoTime()}
     * @param systemMillis {@link System#currentTimeMillis()}
     */
    long millis(long nanoTime, long systemMillis) {
        long system = systemMillis * NANOS_PER_MILLI;
        if (!started) {
            started = true;
            current = system;
        } else {
            long elapsed = Math.max(0, nanoTime - lastSystemNanos);
            long expected = current + elapsed;
            current = system >= expected ? system : expected - Math.min(expected - system, elapsed / SLOWING);
        }
        lastSystemNanos = nanoTime;
        return current / NANOS_PER_MILLI;
    }
}
