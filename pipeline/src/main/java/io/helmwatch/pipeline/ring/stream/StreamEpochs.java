package io.helmwatch.pipeline.ring.stream;

import java.util.HashMap;
import java.util.Map;

/**
 * The start times that make the ids of frames and incidents unique: seconds since 1970 UTC, and never the same one twice for a stream that is
 * started again within a second. Pipelines between which streams may move share one.
 *
 * <p>Threading: any thread.
 */
public final class StreamEpochs {
    private final Map<String, Long> latest = new HashMap<>();

    /** The epoch of a stream that starts now. */
    public synchronized long next(String stream, long nowMillis) {
        long now = Math.floorDiv(nowMillis, 1_000L);
        Long before = latest.get(stream);
        long epoch = before == null ? now : Math.max(now, before + 1);
        // Those of earlier seconds cannot be met again.
        latest.values().removeIf(given -> given < now);
        latest.put(stream, epoch);
        return epoch;
    }
}
