package io.helmwatch.pipeline.clips;

import io.helmwatch.config.incident.ClipConfig;
import io.helmwatch.vision.FrameInfo;
import io.helmwatch.vision.Incident;

/**
 * Which part of a stream belongs to a clip, in the stream's own time.
 *
 * @param mediaEpoch as {@link FrameInfo#mediaEpoch}
 * @param fromNanos where the pre-roll begins
 * @param decidedNanos the frame that decided the start
 * @param decidedAtMillis capture time of that frame
 * @param latestNanos where the clip ends at the latest
 */
record ClipWindow(int mediaEpoch, long fromNanos, long decidedNanos, long decidedAtMillis, long latestNanos) {

    /** Around the start of an incident. */
    static ClipWindow of(Incident start, FrameInfo decided, ClipConfig config) {
        long from = nanos(start, start.startedAtMillis(), decided)
                - config.preRoll().toNanos();
        return new ClipWindow(
                decided.mediaEpoch(),
                from,
                decided.mediaTimeNanos(),
                start.decidedAtMillis(),
                from + config.maxLength().toNanos());
    }

    /** The stream's time at a capture time, as seen from the frame that caused a message. */
    static long nanos(Incident message, long atMillis, FrameInfo decided) {
        return decided.mediaTimeNanos() - (message.decidedAtMillis() - atMillis) * 1_000_000;
    }

    /** Capture time of a frame of the clip. */
    long atMillis(long mediaTimeNanos) {
        return decidedAtMillis + Math.floorDiv(mediaTimeNanos - decidedNanos, 1_000_000L);
    }
}
