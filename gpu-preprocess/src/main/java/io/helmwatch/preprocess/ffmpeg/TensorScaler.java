package io.helmwatch.preprocess.ffmpeg;

import io.helmwatch.vision.ColorEncoding;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.VideoFrame;
import io.helmwatch.vision.tensor.Letterbox;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.ffmpeg.global.swscale;
import org.bytedeco.ffmpeg.swscale.SwsContext;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerPointer;
import org.jspecify.annotations.Nullable;

/**
 * One libswscale context: from one source geometry, format and colour encoding to planar float R, G, B of the letterbox's
 * scaled size.
 *
 * <p>Threading: owned by one thread. Ownership: frees its context and argument arrays on close.
 */
final class TensorScaler implements AutoCloseable {

    /**
     * With float output, "fast bilinear" of libswscale is a two-tap bilinear filter with half-pixel centres and without antialiasing,
     * like OpenCV's {@code INTER_LINEAR} that YOLOv5 trains with; plain "bilinear" averages over the source area.
     * Full chroma input avoids subsampling of RGB sources.
     */
    private static final int FLAGS = swscale.SWS_FAST_BILINEAR | swscale.SWS_FULL_CHR_H_INP;

    /** 16.16 fixed point one, libswscale's neutral saturation. */
    private static final int ONE = 1 << 16;

    /**
     * libswscale widens 8 bits to 16 by a shift and divides by 65535 for float, so white becomes 65280/65535. A contrast of
     * 65535/65280 = 257/256 corrects it to 1.
     */
    private static final int CONTRAST = ONE + (ONE >> 8);

    /**
     * Siting of subsampled chroma along an odd side, in 1/256 of a luma sample. libswscale treats the rounded-up chroma plane
     * as as long as the luma plane, which shifts chroma by 0 to half a sample; with a quarter less the error is at most a quarter
     * in both directions. Siting in the middle would be 128.
     */
    private static final int CHROMA_BETWEEN = 256;

    private final Letterbox letterbox;
    private final PixelFormat format;
    private final ColorEncoding color;
    private final LongPointer sourceAddresses = new LongPointer(4).fill(0);
    private final IntPointer sourceStrides = new IntPointer(4).fill(0);
    private final LongPointer targetAddresses = new LongPointer(4).fill(0);
    private final IntPointer targetStrides = new IntPointer(4).fill(0);
    private final PointerPointer<?> sourcePlanes = new PointerPointer<>(sourceAddresses);
    private final PointerPointer<?> targetPlanes = new PointerPointer<>(targetAddresses);
    private @Nullable SwsContext context;
    private long lastUse;

    TensorScaler(Letterbox letterbox, PixelFormat format, ColorEncoding color) {
        this.letterbox = letterbox;
        this.format = format;
        this.color = color;
        try {
            context = open(letterbox, format, color);
        } catch (Throwable failure) {
            close();
            throw failure;
        }
    }

    private static SwsContext open(Letterbox letterbox, PixelFormat format, ColorEncoding color) {
        ImageSize source = letterbox.source();
        SwsContext context = swscale.sws_alloc_context();
        if (context == null || context.isNull()) {
            throw new OutOfMemoryError("no memory for a scaling context");
        }
        context.src_w(source.width())
                .src_h(source.height())
                .src_format(pixelFormat(format))
                .dst_w(letterbox.scaledWidth())
                .dst_h(letterbox.scaledHeight())
                .dst_format(avutil.AV_PIX_FMT_GBRPF32LE)
                .flags(FLAGS);
        if (hasHalfChromaSample(source.width(), format.chromaShiftX())) {
            context.src_h_chr_pos(CHROMA_BETWEEN);
        }
        if (hasHalfChromaSample(source.height(), format.chromaShiftY())) {
            context.src_v_chr_pos(CHROMA_BETWEEN);
        }
        if (swscale.sws_init_context(context, null, null) < 0) {
            swscale.sws_freeContext(context);
            throw new IllegalArgumentException("no scaling from " + source + " " + format + " to "
                    + letterbox.scaledWidth() + "x" + letterbox.scaledHeight() + ": libswscale refused the geometry");
        }
        // RGB passes through libswscale's own limited-range BT.601 and back.
        int matrix = format.isRgb() ? swscale.SWS_CS_DEFAULT : coefficients(color);
        int fullRange = !format.isRgb() && color.fullRange() ? 1 : 0;
        swscale.sws_setColorspaceDetails(
                context,
                swscale.sws_getCoefficients(matrix),
                fullRange,
                swscale.sws_getCoefficients(swscale.SWS_CS_DEFAULT),
                1,
                0,
                CONTRAST,
                ONE);
        return context;
    }

    private static boolean hasHalfChromaSample(int side, int chromaShift) {
        return chromaShift > 0 && side % (1 << chromaShift) != 0;
    }

    private static int coefficients(ColorEncoding color) {
        return switch (color.matrix()) {
            case BT601 -> swscale.SWS_CS_ITU601;
            case BT709 -> swscale.SWS_CS_ITU709;
            case BT2020 -> swscale.SWS_CS_BT2020;
        };
    }

    private static int pixelFormat(PixelFormat format) {
        return switch (format) {
            case I420 -> avutil.AV_PIX_FMT_YUV420P;
            case I422 -> avutil.AV_PIX_FMT_YUV422P;
            case I444 -> avutil.AV_PIX_FMT_YUV444P;
            case NV12 -> avutil.AV_PIX_FMT_NV12;
            case I420_10 -> avutil.AV_PIX_FMT_YUV420P10LE;
            case I422_10 -> avutil.AV_PIX_FMT_YUV422P10LE;
            case I444_10 -> avutil.AV_PIX_FMT_YUV444P10LE;
            case P010 -> avutil.AV_PIX_FMT_P010LE;
            case GRAY8 -> avutil.AV_PIX_FMT_GRAY8;
            case RGB24 -> avutil.AV_PIX_FMT_RGB24;
            case BGR24 -> avutil.AV_PIX_FMT_BGR24;
        };
    }

    Letterbox letterbox() {
        return letterbox;
    }

    boolean fits(VideoFrame frame, ImageSize target) {
        return frame.width() == letterbox.source().width()
                && frame.height() == letterbox.source().height()
                && frame.format() == format
                && frame.color().equals(color)
                && target.equals(letterbox.target());
    }

    void usedAt(long use) {
        lastUse = use;
    }

    long lastUse() {
        return lastUse;
    }

    /**
     * Scales a frame into float planes.
     *
     * @param red address of the first sample of the red plane's frame area; green and blue follow {@code planeBytes} apart
     */
    void scale(VideoFrame frame, long red, long planeBytes, int rowBytes) {
        for (int plane = 0; plane < format.planes(); plane++) {
            sourceAddresses.put(plane, frame.planeAddress(plane));
            sourceStrides.put(plane, frame.strideBytes(plane));
        }
        // libswscale's planar RGB is G, B, R.
        targetAddresses.put(0, red + planeBytes).put(1, red + 2 * planeBytes).put(2, red);
        targetStrides.put(0, rowBytes).put(1, rowBytes).put(2, rowBytes);
        int rows = swscale.sws_scale(
                context, sourcePlanes, sourceStrides, 0, letterbox.source().height(), targetPlanes, targetStrides);
        if (rows != letterbox.scaledHeight()) {
            throw new IllegalStateException("scaling " + letterbox.source() + " " + format + ": expected "
                    + letterbox.scaledHeight() + " rows, libswscale wrote " + rows);
        }
    }

    @Override
    public void close() {
        SwsContext old = context;
        context = null;
        if (old != null) {
            swscale.sws_freeContext(old);
        }
        sourceAddresses.close();
        sourceStrides.close();
        targetAddresses.close();
        targetStrides.close();
    }
}
