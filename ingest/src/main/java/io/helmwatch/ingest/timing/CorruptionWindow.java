package io.helmwatch.ingest.timing;

import java.util.Arrays;

/**
 * Says whether a live stream is degraded: more than one frame in ten of the last ten seconds was corrupt, until fewer than one
 * in fifty are.
 *
 * <p>Threading: one thread. Allocates nothing.
 */
public final class CorruptionWindow {
    private static final int BUCKETS = 10;
    private static final long BUCKET_NANOS = 1_000_000_000L;
    private static final int LEAST_FRAMES = 10;

    private final int[] good = new int[BUCKETS];
    private final int[] bad = new int[BUCKETS];
    private long bucket = Long.MIN_VALUE;
    private int goodFrames;
    private int badFrames;
    private boolean degraded;

    /** Counts a frame; returns whether the verdict changed. */
    public boolean count(boolean corrupt, long nowNanos) {
        advance(Math.floorDiv(nowNanos, BUCKET_NANOS));
        int slot = (int) Math.floorMod(bucket, (long) BUCKETS);
        if (corrupt) {
            bad[slot]++;
            badFrames++;
        } else {
            good[slot]++;
            goodFrames++;
        }
        boolean before = degraded;
        int total = goodFrames + badFrames;
        if (!degraded) {
            degraded = total >= LEAST_FRAMES && badFrames * 10L > total;
        } else {
            degraded = badFrames * 50L >= total;
        }
        return before != degraded;
    }

    /** Whether the stream is degraded now. */
    public boolean isDegraded() {
        return degraded;
    }

    /** Corrupt frames in the window. */
    public int corruptFrames() {
        return badFrames;
    }

    /** All frames in the window. */
    public int frames() {
        return goodFrames + badFrames;
    }

    /** Empties the window: the stream is healthy. */
    public void reset() {
        Arrays.fill(good, 0);
        Arrays.fill(bad, 0);
        goodFrames = 0;
        badFrames = 0;
        degraded = false;
        bucket = Long.MIN_VALUE;
    }

    private void advance(long now) {
        if (bucket == Long.MIN_VALUE) {
            bucket = now;
            return;
        }
        long steps = Math.min(now - bucket, BUCKETS);
        for (long i = 0; i < steps; i++) {
            int slot = (int) Math.floorMod(now - i, (long) BUCKETS);
            goodFrames -= good[slot];
            badFrames -= bad[slot];
            good[slot] = 0;
            bad[slot] = 0;
        }
        bucket = now;
    }
}
