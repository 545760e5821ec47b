package io.helmwatch.ingest.ffmpeg.decode;

import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.javacpp.BytePointer;

/**
 * Finds packets whose frame no other frame refers to, from the headers of their NAL units: H.264 (ITU-T H.264 7.4.1, nal_ref_idc) and HEVC
 * (ITU-T H.265 7.4.2.2, sub-layer non-reference pictures of the highest temporal layer).
 *
 * <p>Threading: the stream's thread. Allocates nothing.
 */
public final class PacketReferences {
    /** The slice of a frame follows parameter sets and messages; later it is not looked for. */
    private static final int MAX_SCANNED_BYTES = 4096;

    private static final int H264_FIRST_SLICE = 1;
    private static final int H264_LAST_SLICE = 5;
    private static final int HEVC_LAST_SLICE = 31;

    /** From here on reserved types and random access points, all of which others may refer to. */
    private static final int HEVC_LAST_SUB_LAYER = 14;

    private final boolean h264;
    private final boolean hevc;
    /** Bytes of the length in front of each NAL unit; 0 for start codes. */
    private final int lengthBytes;

    private final PacketBytes bytes = new PacketBytes();
    private int highestLayer;

    public PacketReferences(AVStream video) {
        int codec = video.codecpar().codec_id();
        h264 = codec == avcodec.AV_CODEC_ID_H264;
        hevc = codec == avcodec.AV_CODEC_ID_HEVC;
        lengthBytes = Framing.lengthBytes(video.codecpar());
    }

    /** Whether no other frame refers to the packet's. */
    public boolean isDisposable(AVPacket packet) {
        if ((packet.flags() & avcodec.AV_PKT_FLAG_DISPOSABLE) != 0) {
            return true;
        }
        if (!(h264 || hevc) || !bytes.pointTo(packet)) {
            return false;
        }
        int end = Math.min(packet.size(), MAX_SCANNED_BYTES);
        return lengthBytes > 0 ? ofLengths(bytes, end) : ofStartCodes(bytes, end);
    }

    private boolean ofLengths(BytePointer data, int end) {
        long at = 0;
        while (at + lengthBytes + 1 < end) {
            long length = 0;
            for (int i = 0; i < lengthBytes; i++) {
                length = length << 8 | (data.get(at + i) & 0xff);
            }
            at += lengthBytes;
            if (isSlice(data.get(at))) {
                return isDisposable(data.get(at), data.get(at + 1));
            }
            at += length;
        }
        return false;
    }

    private boolean ofStartCodes(BytePointer data, int end) {
        int zeros = 0;
        for (int at = 0; at + 2 < end; at++) {
            int value = data.get(at);
            if (value == 1 && zeros >= 2 && isSlice(data.get(at + 1L))) {
                return isDisposable(data.get(at + 1L), data.get(at + 2L));
            }
            zeros = value == 0 ? zeros + 1 : 0;
        }
        return false;
    }

    private boolean isSlice(int header) {
        int type = h264 ? header & 0x1f : header >> 1 & 0x3f;
        return h264 ? type >= H264_FIRST_SLICE && type <= H264_LAST_SLICE : type <= HEVC_LAST_SLICE;
    }

    private boolean isDisposable(int header, int next) {
        if (h264) {
            return (header >> 5 & 3) == 0;
        }
        int type = header >> 1 & 0x3f;
        int layer = (next & 7) - 1;
        highestLayer = Math.max(highestLayer, layer);
        return type <= HEVC_LAST_SUB_LAYER && type % 2 == 0 && layer == highestLayer;
    }
}
