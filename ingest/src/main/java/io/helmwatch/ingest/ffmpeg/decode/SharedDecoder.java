package io.helmwatch.ingest.ffmpeg.decode;

import io.helmwatch.ingest.ffmpeg.input.Ffmpeg;
import io.helmwatch.vision.PixelFormat;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avutil;
import org.jspecify.annotations.Nullable;

/**
 * A decoder that takes the key frames of several streams in turn: one packet in, its frame out. A frame is known by the number that its packet
 * carried in place of a time, so that one that a damaged packet left behind is never taken for another stream's.
 *
 * <p>Threading: one thread at a time. Ownership: closes the decoder.
 */
final class SharedDecoder implements AutoCloseable {
    /** Packets in a row without a frame after which the decoder is not trusted. */
    private static final int MAX_FAILURES = 3;

    private final FfmpegDecoder decoder;
    private final boolean h264;
    private long number;
    private int failures;

    SharedDecoder(FfmpegDecoder decoder) {
        this.decoder = decoder;
        h264 = decoder.codecId() == avcodec.AV_CODEC_ID_H264;
    }

    /**
     * Decodes a key frame.
     *
     * @param packet is given back as it was
     * @param frame empty before; holds the frame, with the packet's time, when the result is 0
     * @return 0, or FFmpeg's code
     */
    int decode(AVPacket packet, AVFrame frame) {
        long pts = packet.pts();
        packet.pts(++number);
        int rc;
        try {
            rc = decoder.send(packet);
        } finally {
            packet.pts(pts);
        }
        if (rc >= 0) {
            rc = receive(frame);
            if (rc == Ffmpeg.EAGAIN) {
                // Held back behind frames that other streams would have: there are none.
                decoder.releaseDelayed();
                rc = receive(frame);
            }
        }
        if (!h264) {
            // A random access point that is no IDR picture is complete for an empty decoder only. Of H.264 only IDR
            // pictures come here.
            decoder.restart();
        }
        failures = rc < 0 ? failures + 1 : 0;
        if (rc >= 0) {
            frame.pts(pts);
            frame.best_effort_timestamp(pts != Ffmpeg.NO_TIMESTAMP ? pts : packet.dts());
        }
        return rc;
    }

    private int receive(AVFrame frame) {
        int rc = decoder.receive(frame);
        while (rc >= 0 && frame.pts() != number) {
            avutil.av_frame_unref(frame);
            rc = decoder.receive(frame);
        }
        return rc;
    }

    /** Whether it should be replaced by a new one. */
    boolean isBroken() {
        return failures >= MAX_FAILURES;
    }

    /** As {@link FfmpegDecoder#surfaceFormat}. */
    @Nullable
    PixelFormat surfaceFormat() {
        return decoder.surfaceFormat();
    }

    @Override
    public void close() {
        decoder.close();
    }
}
