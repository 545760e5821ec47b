package io.helmwatch.ingest;

import java.nio.ByteBuffer;

/**
 * One frame in fragmented MP4.
 *
 * @param seconds its presentation time on the timeline
 * @param durationSeconds time to the next frame in the order of decoding
 * @param isKeyFrame whether decoding can start here
 * @param receivedNanos {@link System#nanoTime()} when its packet was read
 * @param bytes one {@code moof} and one {@code mdat} box; read only
 */
public record MediaFragment(
        double seconds, double durationSeconds, boolean isKeyFrame, long receivedNanos, ByteBuffer bytes) {

    /** A view of its own, so that nobody moves the position of another's. */
    public MediaFragment {
        bytes = bytes.asReadOnlyBuffer();
    }

    @Override
    public ByteBuffer bytes() {
        return bytes.duplicate();
    }
}
