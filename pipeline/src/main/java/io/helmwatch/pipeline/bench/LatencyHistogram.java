package io.helmwatch.pipeline.bench;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Counts durations by size, to about 1 %: every power of two of microseconds is cut into 64 equal parts. Recording allocates nothing and may
 * go on while others read.
 */
final class LatencyHistogram {
    private static final int PARTS_LOG2 = 6;
    private static final int PARTS = 1 << PARTS_LOG2;
    /** Up to 2^31 microseconds, more than half an hour. */
    private static final int BUCKETS = (32 - PARTS_LOG2) * PARTS;

    private final AtomicLongArray counts = new AtomicLongArray(BUCKETS);

    /** Adds a duration. */
    void record(long nanos) {
        counts.incrementAndGet(bucket(nanos / 1000));
    }

    /** The counts as they are now, to be given to {@link #since}. */
    long[] snapshot() {
        long[] copy = new long[BUCKETS];
        for (int i = 0; i < BUCKETS; i++) {
            copy[i] = counts.get(i);
        }
        return copy;
    }

    /** What was recorded since a snapshot. */
    Percentiles since(long[] before) {
        long[] difference = snapshot();
        long total = 0;
        for (int i = 0; i < BUCKETS; i++) {
            difference[i] -= before[i];
            total += difference[i];
        }
        return new Percentiles(
                total, millis(difference, total, 0.5), millis(difference, total, 0.99), millis(difference, total, 1));
    }

    /**
     * Durations in milliseconds, each the upper end of its part; 0 where nothing was recorded.
     *
     * @param count how many were recorded
     * @param p50 median
     * @param p99 99th percentile
     * @param max longest
     */
    record Percentiles(long count, double p50, double p99, double max) {}

    private static double millis(long[] counts, long total, double share) {
        long wanted = Math.max(1, (long) Math.ceil(total * share));
        long seen = 0;
        for (int i = 0; i < counts.length; i++) {
            seen += counts[i];
            if (seen >= wanted) {
                return upperMicros(i) / 1000.0;
            }
        }
        return 0;
    }

    private static int bucket(long micros) {
        if (micros < 2 * PARTS) {
            return (int) Math.max(0, micros);
        }
        int shift = 63 - Long.numberOfLeadingZeros(micros) - PARTS_LOG2;
        return (int) Math.min(BUCKETS - 1, (long) shift * PARTS + (micros >> shift));
    }

    private static long upperMicros(int bucket) {
        if (bucket < 2 * PARTS) {
            return bucket + 1L;
        }
        int shift = bucket / PARTS - 1;
        return (bucket - (long) shift * PARTS + 1) << shift;
    }
}
