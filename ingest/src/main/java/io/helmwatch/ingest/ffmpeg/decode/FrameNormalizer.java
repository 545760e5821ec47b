package io.helmwatch.ingest.ffmpeg.decode;

import io.helmwatch.ingest.ffmpeg.input.Ffmpeg;
import io.helmwatch.ingest.ffmpeg.input.VideoTrack;
import io.helmwatch.vision.Orientation;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.VideoFrame.Memory;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVFrameSideData;
import org.bytedeco.ffmpeg.global.avutil;
import org.jspecify.annotations.Nullable;

/**
 * Moves decoded frames into a lease in a pixel format of ours; in host memory upright and with square pixels. A frame on a device stays as it is
 * stored, and the lease says how it has to be turned.
 *
 * <p>Threading: the stream's thread. Ownership: frees its filter graph on {@link #close}. Allocates nothing per frame, except
 * where a frame carries a display matrix of its own.
 */
public final class FrameNormalizer implements AutoCloseable {
    private final FrameConverter converter = new FrameConverter();
    private @Nullable PixelFormat surfaceFormat;
    private double pixelAspect;
    private int knownWidth;
    private int knownHeight;
    private int squareWidth;
    private int squareHeight;
    private String unsupported = "";

    /** The layout of the next frame if it lies in device memory; null when it is none of ours. */
    public void surfaceFormat(@Nullable PixelFormat format) {
        surfaceFormat = format;
    }

    /** The shape of the pixels, width by height; 0 takes what the frames say. */
    public void pixelAspect(double aspect) {
        pixelAspect = aspect;
        knownWidth = 0;
    }

    /** Computes the size with square pixels when the size changed, since asking a frame allocates. */
    private void updateSize(AVFrame frame) {
        int width = frame.width();
        int height = frame.height();
        if (width == knownWidth && height == knownHeight) {
            return;
        }
        knownWidth = width;
        knownHeight = height;
        double aspect = pixelAspect > 0 ? pixelAspect : VideoTrack.pixelAspect(frame.sample_aspect_ratio());
        boolean square = aspect == 0 || VideoTrack.isSquare(aspect);
        squareWidth = square || aspect < 1 ? width : (int) Math.round(width * aspect);
        squareHeight = square || aspect > 1 ? height : (int) Math.round(height / aspect);
    }

    /**
     * Moves the frame.
     *
     * @param frame emptied in any case
     * @return false when its pixel format cannot be converted; the lease holds nothing then
     */
    public boolean move(AVFrame frame, FfmpegFrameLease lease, Orientation containerOrientation) {
        Orientation turn =
                frame.nb_side_data() > 0 ? frameOrientation(frame, containerOrientation) : containerOrientation;
        return CudaDecoding.isSurface(frame.format()) ? moveSurface(frame, lease, turn) : moveImage(frame, lease, turn);
    }

    private boolean moveImage(AVFrame frame, FfmpegFrameLease lease, Orientation turn) {
        PixelFormat format = FfmpegPixelFormats.nearest(frame.format());
        if (format == null) {
            unsupported = FfmpegPixelFormats.name(frame.format());
            avutil.av_frame_unref(frame);
            return false;
        }
        AVFrame destination = lease.frame();
        updateSize(frame);
        if (squareWidth != knownWidth || squareHeight != knownHeight || FrameConverter.needed(frame, turn)) {
            int original = frame.format();
            int rc = converter.apply(frame, destination, turn, format, squareWidth, squareHeight);
            if (rc < 0) {
                unsupported = FfmpegPixelFormats.name(original) + " (" + Ffmpeg.describe(rc) + ")";
                avutil.av_frame_unref(frame);
                avutil.av_frame_unref(destination);
                return false;
            }
        } else {
            avutil.av_frame_move_ref(destination, frame);
        }
        lease.hold(format, Memory.HOST, Orientation.UPRIGHT);
        return true;
    }

    private boolean moveSurface(AVFrame frame, FfmpegFrameLease lease, Orientation turn) {
        PixelFormat format = surfaceFormat;
        if (format == null) {
            unsupported = "of the GPU's video engine";
            avutil.av_frame_unref(frame);
            return false;
        }
        avutil.av_frame_move_ref(lease.frame(), frame);
        lease.hold(format, Memory.CUDA, turn);
        return true;
    }

    private static Orientation frameOrientation(AVFrame frame, Orientation otherwise) {
        AVFrameSideData matrix = avutil.av_frame_get_side_data(frame, avutil.AV_FRAME_DATA_DISPLAYMATRIX);
        return matrix == null || matrix.size() < 36 ? otherwise : VideoTrack.orientation(matrix.data());
    }

    /** The pixel format that could not be converted; empty when there was none. */
    public String unsupportedFormat() {
        return unsupported;
    }

    @Override
    public void close() {
        converter.close();
    }
}
