package io.helmwatch.ingest.ffmpeg.input;

import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.javacpp.BytePointer;

/**
 * The rounds of a looped file as one long stream: timestamps that continue from round to round, for a file whose rounds may follow each other
 * without a flush of the decoder.
 *
 * <p>That matters for H.264 alone: in a flush FFmpeg's decoder drops its tables and with them the video engine's session, and a new one takes
 * tenths of a second and a lock of the driver that all decoders of the machine need.
 *
 * <p>Threading: the stream's thread. Allocates nothing after the first packet.
 */
final class FileRounds {
    /** Coded slice of an IDR picture, ITU-T H.264 table 7-1. */
    private static final int IDR_SLICE = 5;

    private static final int NAL_TYPE_MASK = 0x1f;

    /** Bytes of the length in front of each NAL unit, ISO/IEC 14496-15; 0 when the stream is not H.264 stored in that way. */
    private final int lengthBytes;

    private boolean started;
    private boolean startsWithIdr;
    private long first = Long.MAX_VALUE;
    private long end = Long.MIN_VALUE;
    private long shift;

    FileRounds(AVStream video) {
        lengthBytes = lengthBytes(video);
    }

    private static int lengthBytes(AVStream video) {
        BytePointer configuration = video.codecpar().extradata();
        return video.codecpar().codec_id() == avcodec.AV_CODEC_ID_H264
                        && video.codecpar().extradata_size() >= 7
                        && configuration.get(0) == 1
                ? (configuration.get(4) & 3) + 1
                : 0;
    }

    /** Shifts the timestamps of a video packet; packets come in the order of the file. */
    void shift(AVPacket packet) {
        if (!started) {
            started = true;
            startsWithIdr = lengthBytes > 0 && holdsIdr(packet.data(), packet.size());
        }
        long pts = packet.pts();
        if (pts != Ffmpeg.NO_TIMESTAMP) {
            first = Math.min(first, pts + shift);
            end = Math.max(end, pts + shift + Math.max(1, packet.duration()));
            packet.pts(pts + shift);
        }
        long dts = packet.dts();
        if (dts != Ffmpeg.NO_TIMESTAMP) {
            packet.dts(dts + shift);
        }
    }

    private boolean holdsIdr(BytePointer data, int size) {
        long at = 0;
        while (at + lengthBytes < size) {
            long length = 0;
            for (int i = 0; i < lengthBytes; i++) {
                length = length << 8 | (data.get(at + i) & 0xff);
            }
            at += lengthBytes;
            if ((data.get(at) & NAL_TYPE_MASK) == IDR_SLICE) {
                return true;
            }
            at += length;
        }
        return false;
    }

    /** Whether the first frame is decodable on its own, so that the decoder needs no flush. */
    boolean followEachOther() {
        return startsWithIdr;
    }

    /** Starts the next round: its first packet follows the latest one of the round before. */
    void next() {
        if (end > first) {
            shift += end - first;
            first = end;
        }
    }
}
