package io.helmwatch.ingest.ffmpeg.decode;

import io.helmwatch.ingest.nal.NalUnits;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.global.avcodec;
import org.jspecify.annotations.Nullable;

/**
 * Finds packets whose frame no other frame refers to, from the headers of their NAL units: H.264 (ITU-T H.264 7.4.1, nal_ref_idc) and HEVC
 * (ITU-T H.265 7.4.2.2, sub-layer non-reference pictures of the highest temporal layer).
 *
 * <p>Threading: the stream's thread. Allocates nothing.
 */
public final class PacketReferences {
    /** From here on reserved types and random access points, all of which others may refer to. */
    private static final int HEVC_LAST_SUB_LAYER = 14;

    private final @Nullable NalUnits units;
    private final PacketBytes bytes = new PacketBytes();
    private int highestLayer;

    public PacketReferences(AVStream video) {
        units = Framing.of(video.codecpar()).units();
    }

    /** Whether no other frame refers to the packet's. */
    public boolean isDisposable(AVPacket packet) {
        if ((packet.flags() & avcodec.AV_PKT_FLAG_DISPOSABLE) != 0) {
            return true;
        }
        NalUnits walk = units;
        if (walk == null || !bytes.pointTo(packet)) {
            return false;
        }
        int end = Math.min(packet.size(), Framing.MAX_SCANNED_BYTES);
        walk.reset(bytes, end);
        while (walk.next()) {
            if (walk.isSlice()) {
                return walk.start() + 1 < end && isDisposable(walk);
            }
        }
        return false;
    }

    private boolean isDisposable(NalUnits slice) {
        if (!slice.isHevc()) {
            return (bytes.at(slice.start()) >> 5 & 3) == 0;
        }
        int type = slice.type();
        int layer = (bytes.at(slice.start() + 1) & 7) - 1;
        highestLayer = Math.max(highestLayer, layer);
        return type <= HEVC_LAST_SUB_LAYER && type % 2 == 0 && layer == highestLayer;
    }
}
