package io.helmwatch.ingest.ffmpeg.decode;

import io.helmwatch.ingest.VideoFormat.Codec;
import io.helmwatch.ingest.ffmpeg.input.CodecIds;
import io.helmwatch.ingest.nal.NalUnits;
import org.bytedeco.ffmpeg.avcodec.AVCodecParameters;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;

/**
 * How the NAL units of a stream's packets are told apart.
 *
 * @param codec the stream's codec
 * @param lengthBytes bytes of the length in front of each NAL unit; 0 for start codes
 */
record Framing(Codec codec, int lengthBytes) {
    /** What stands before the slices of a frame is not longer, as a rule; slices that begin later are not looked for. */
    static final int MAX_SCANNED_BYTES = 4096;

    static Framing of(AVCodecParameters parameters) {
        Codec codec = CodecIds.codec(parameters.codec_id());
        BytePointer configuration = parameters.extradata();
        int size = configuration == null ? 0 : parameters.extradata_size();
        return new Framing(codec, configuration == null ? 0 : NalUnits.lengthBytes(codec, configuration::get, size));
    }

    boolean hasNalUnits() {
        return codec == Codec.H264 || codec == Codec.HEVC;
    }

    /** A walk over the units of packets; null where the codec has none. */
    @Nullable
    NalUnits units() {
        return hasNalUnits() ? new NalUnits(codec, lengthBytes) : null;
    }
}
