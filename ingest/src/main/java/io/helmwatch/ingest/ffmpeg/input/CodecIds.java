package io.helmwatch.ingest.ffmpeg.input;

import io.helmwatch.ingest.VideoFormat.Codec;
import org.bytedeco.ffmpeg.global.avcodec;

/**
 * FFmpeg's numbers of codecs.
 *
 * <p>Threading: any; without state.
 */
public final class CodecIds {
    private CodecIds() {}

    /** The codec of a number. */
    public static Codec codec(int id) {
        return switch (id) {
            case avcodec.AV_CODEC_ID_H264 -> Codec.H264;
            case avcodec.AV_CODEC_ID_HEVC -> Codec.HEVC;
            case avcodec.AV_CODEC_ID_MJPEG -> Codec.MJPEG;
            default -> Codec.OTHER;
        };
    }

    /** The number of a codec; {@code AV_CODEC_ID_NONE} for {@link Codec#OTHER}. */
    public static int id(Codec codec) {
        return switch (codec) {
            case H264 -> avcodec.AV_CODEC_ID_H264;
            case HEVC -> avcodec.AV_CODEC_ID_HEVC;
            case MJPEG -> avcodec.AV_CODEC_ID_MJPEG;
            case OTHER -> avcodec.AV_CODEC_ID_NONE;
        };
    }
}
