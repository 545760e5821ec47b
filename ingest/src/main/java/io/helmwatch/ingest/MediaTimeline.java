package io.helmwatch.ingest;

import io.helmwatch.vision.FrameInfo;
import io.helmwatch.vision.ImageSize;
import java.nio.ByteBuffer;

/**
 * A stretch of fragmented MP4 with the same parameters: what a player needs before its fragments, and how its time follows from that
 * of the stream. Its time starts at 0 with the first frame that is decoded.
 *
 * @param epoch number of the timeline within its remuxer, from 1
 * @param mime media type with the codec as RFC 6381 writes it, {@code video/mp4; codecs="avc1.64001f"} for example
 * @param size coded size in pixels
 * @param mediaEpoch the stretch of the stream, as {@link VideoPacket#mediaEpoch}
 * @param startNanos time of the stream, as {@link VideoPacket#mediaTimeNanos}, at which the timeline is 0
 * @param initSegment the {@code ftyp} and {@code moov} boxes; read only
 */
public record MediaTimeline(
        int epoch, String mime, ImageSize size, int mediaEpoch, long startNanos, ByteBuffer initSegment) {

    /** A view of its own, so that nobody moves the position of another's. */
    public MediaTimeline {
        initSegment = initSegment.asReadOnlyBuffer();
    }

    @Override
    public ByteBuffer initSegment() {
        return initSegment.duplicate();
    }

    /** Seconds on this timeline of a frame; NaN for a frame of another stretch of the stream, or one without a timestamp. */
    public double seconds(int frameMediaEpoch, long mediaTimeNanos) {
        return frameMediaEpoch != mediaEpoch || mediaTimeNanos == FrameInfo.NO_MEDIA_TIME
                ? Double.NaN
                : (mediaTimeNanos - startNanos) / 1e9;
    }
}
