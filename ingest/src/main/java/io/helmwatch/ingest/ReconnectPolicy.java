package io.helmwatch.ingest;

import java.util.SplittableRandom;

/**
 * Delays before a lost live stream is opened again. It is retried for ever.
 *
 * <ul>
 *   <li>A stream that was online for at least 5 s, and one that is lost for the first time, is retried after 0.1 to 0.4 s, so that a camera which only restarted its
 *       session is back at once.
 *   <li>Every further attempt, also of a stream that was online for less than 5 s in between, waits 1 s, 2 s, 4 s … at most 30 s, times a random factor of 0.75 to 1.25 (the result at least
 *       1 s, at most 30 s), seeded by the stream's id: streams that died together are retried at different times.
 *   <li>Refused credentials (401, 403) wait about 60 s each time, since cameras lock accounts after a few failures. A missing
 *       path (404) is retried as usual twice, since a restarting camera answers so for a moment, then about every 60 s.
 * </ul>
 *
 * <p>Threading: one thread.
 */
public final class ReconnectPolicy {

    /** Why the stream is lost. */
    public enum Cause {
        /** Not reachable, timed out, cut off, or ended. */
        LOST,
        /** User or password refused. */
        UNAUTHORIZED,
        /** The server does not know the path, or offers nothing that can be played. */
        NOT_FOUND
    }

    private static final long STABLE_MILLIS = 5_000;
    private static final long FIRST_MILLIS = 1_000;
    private static final long MAX_MILLIS = 30_000;
    private static final long SLOW_MILLIS = 60_000;
    private static final int QUICK_NOT_FOUND_RETRIES = 2;

    private final SplittableRandom random;
    private int attempt;
    private int notFound;

    /** A policy whose jitter depends on the stream's id only. */
    public ReconnectPolicy(String streamId) {
        random = new SplittableRandom(0x9E3779B97F4A7C15L * streamId.hashCode());
    }

    /** The stream delivered frames for this long before it was lost. */
    public void wasOnline(long millis) {
        if (millis >= STABLE_MILLIS) {
            attempt = 0;
        }
        notFound = 0;
    }

    /** Milliseconds until the next attempt. */
    public long nextDelayMillis(Cause cause) {
        notFound = cause == Cause.NOT_FOUND ? notFound + 1 : 0;
        if (cause == Cause.UNAUTHORIZED || notFound > QUICK_NOT_FOUND_RETRIES) {
            return Math.round(SLOW_MILLIS * random.nextDouble(0.9, 1.1));
        }
        if (attempt == 0) {
            attempt = 1;
            return random.nextLong(100, 401);
        }
        long base = Math.min(MAX_MILLIS, FIRST_MILLIS << Math.min(attempt - 1, 5));
        attempt++;
        long jittered = Math.round(base * random.nextDouble(0.75, 1.25));
        return Math.max(FIRST_MILLIS, Math.min(MAX_MILLIS, jittered));
    }
}
