package io.helmwatch.ingest.ffmpeg.decode;

import io.helmwatch.ingest.ffmpeg.input.Ffmpeg;
import io.helmwatch.vision.PixelFormat;
import org.bytedeco.ffmpeg.avutil.AVPixFmtDescriptor;
import org.bytedeco.ffmpeg.global.avutil;
import org.jspecify.annotations.Nullable;

/**
 * FFmpeg's pixel formats and ours. A format with the same planes as one of ours is taken as it is (an alpha plane behind them is
 * ignored); any other is converted to the nearest: colour stays colour, subsampling and depth are never reduced below 8 bit
 * 4:2:0, more than 10 bit become 10.
 */
final class FfmpegPixelFormats {

    private FfmpegPixelFormats() {}

    /** The format whose planes the frame has as they are; null when it must be converted. */
    static @Nullable PixelFormat direct(int avFormat) {
        return switch (avFormat) {
            case avutil.AV_PIX_FMT_YUV420P, avutil.AV_PIX_FMT_YUVJ420P, avutil.AV_PIX_FMT_YUVA420P -> PixelFormat.I420;
            case avutil.AV_PIX_FMT_YUV422P, avutil.AV_PIX_FMT_YUVJ422P, avutil.AV_PIX_FMT_YUVA422P -> PixelFormat.I422;
            case avutil.AV_PIX_FMT_YUV444P, avutil.AV_PIX_FMT_YUVJ444P, avutil.AV_PIX_FMT_YUVA444P -> PixelFormat.I444;
            case avutil.AV_PIX_FMT_NV12 -> PixelFormat.NV12;
            case avutil.AV_PIX_FMT_YUV420P10LE, avutil.AV_PIX_FMT_YUVA420P10LE -> PixelFormat.I420_10;
            case avutil.AV_PIX_FMT_YUV422P10LE, avutil.AV_PIX_FMT_YUVA422P10LE -> PixelFormat.I422_10;
            case avutil.AV_PIX_FMT_YUV444P10LE, avutil.AV_PIX_FMT_YUVA444P10LE -> PixelFormat.I444_10;
            case avutil.AV_PIX_FMT_P010LE -> PixelFormat.P010;
            case avutil.AV_PIX_FMT_GRAY8 -> PixelFormat.GRAY8;
            case avutil.AV_PIX_FMT_RGB24 -> PixelFormat.RGB24;
            case avutil.AV_PIX_FMT_BGR24 -> PixelFormat.BGR24;
            default -> null;
        };
    }

    /** The format of the samples of a surface once they are in host memory. */
    static int ofSurface(PixelFormat surface) {
        return switch (surface) {
            case NV12 -> avutil.AV_PIX_FMT_NV12;
            case P010 -> avutil.AV_PIX_FMT_P010LE;
            case I444 -> avutil.AV_PIX_FMT_YUV444P;
            default ->
                throw new IllegalArgumentException("surfaces are NV12, P010 or I444, but this one is " + surface);
        };
    }

    /** The format nearest to one that has to be converted; null when the frame is not in host memory. */
    static @Nullable PixelFormat nearest(int avFormat) {
        PixelFormat same = direct(avFormat);
        if (same != null) {
            return same;
        }
        AVPixFmtDescriptor descriptor = avutil.av_pix_fmt_desc_get(avFormat);
        if (descriptor == null || (descriptor.flags() & avutil.AV_PIX_FMT_FLAG_HWACCEL) != 0) {
            return null;
        }
        long rgb = avutil.AV_PIX_FMT_FLAG_RGB
                | avutil.AV_PIX_FMT_FLAG_PAL
                | avutil.AV_PIX_FMT_FLAG_BAYER
                | avutil.AV_PIX_FMT_FLAG_XYZ;
        if ((descriptor.flags() & rgb) != 0) {
            return PixelFormat.RGB24;
        }
        boolean alpha = (descriptor.flags() & avutil.AV_PIX_FMT_FLAG_ALPHA) != 0;
        if (descriptor.nb_components() - (alpha ? 1 : 0) < 3) {
            return PixelFormat.GRAY8;
        }
        boolean deep = descriptor.comp(0).depth() > 8;
        boolean halfWidth = descriptor.log2_chroma_w() > 0;
        boolean halfHeight = descriptor.log2_chroma_h() > 0;
        if (!halfWidth) {
            // 4:4:0 halves the height only: the full resolution keeps it.
            return deep ? PixelFormat.I444_10 : PixelFormat.I444;
        }
        if (!halfHeight) {
            return deep ? PixelFormat.I422_10 : PixelFormat.I422;
        }
        return deep ? PixelFormat.I420_10 : PixelFormat.I420;
    }

    /** FFmpeg's name of a format of ours, for filters. */
    static String filterName(PixelFormat format) {
        return switch (format) {
            case I420 -> "yuv420p";
            case I422 -> "yuv422p";
            case I444 -> "yuv444p";
            case NV12 -> "nv12";
            case I420_10 -> "yuv420p10le";
            case I422_10 -> "yuv422p10le";
            case I444_10 -> "yuv444p10le";
            case P010 -> "p010le";
            case GRAY8 -> "gray";
            case RGB24 -> "rgb24";
            case BGR24 -> "bgr24";
        };
    }

    /** The deprecated formats that mean full range by their name. */
    static boolean impliesFullRange(int avFormat) {
        return switch (avFormat) {
            case avutil.AV_PIX_FMT_YUVJ420P,
                    avutil.AV_PIX_FMT_YUVJ422P,
                    avutil.AV_PIX_FMT_YUVJ444P,
                    avutil.AV_PIX_FMT_YUVJ440P,
                    avutil.AV_PIX_FMT_YUVJ411P -> true;
            default -> false;
        };
    }

    static String name(int avFormat) {
        return Ffmpeg.string(avutil.av_get_pix_fmt_name(avFormat), "number " + avFormat);
    }
}
