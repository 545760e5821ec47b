package io.helmwatch.ingest.ffmpeg.decode;

import org.bytedeco.ffmpeg.avcodec.AVCodecParameters;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.javacpp.BytePointer;

/** How the NAL units of a stream's packets are told apart: by start codes or by their length (ISO/IEC 14496-15). */
final class Framing {
    private static final int SMALLEST_AVCC = 7;
    private static final int SMALLEST_HVCC = 23;

    private Framing() {}

    /** Bytes of the length in front of each NAL unit; 0 for start codes. */
    static int lengthBytes(AVCodecParameters parameters) {
        BytePointer configuration = parameters.extradata();
        int size = configuration == null ? 0 : parameters.extradata_size();
        int codec = parameters.codec_id();
        // The first byte of avcC and hvcC is their version, of a start code 0.
        if (configuration == null || size < SMALLEST_AVCC || configuration.get(0) != 1) {
            return 0;
        }
        if (codec == avcodec.AV_CODEC_ID_H264) {
            return (configuration.get(4) & 3) + 1;
        }
        return codec == avcodec.AV_CODEC_ID_HEVC && size >= SMALLEST_HVCC ? (configuration.get(21) & 3) + 1 : 0;
    }
}
