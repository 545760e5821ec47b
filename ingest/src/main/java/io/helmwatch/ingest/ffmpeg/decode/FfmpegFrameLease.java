package io.helmwatch.ingest.ffmpeg.decode;

import io.helmwatch.ingest.IngestException;
import io.helmwatch.ingest.ffmpeg.input.Ffmpeg;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.vision.ColorEncoding;
import io.helmwatch.vision.ColorEncoding.Matrix;
import io.helmwatch.vision.FrameInfo;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.FramePlanes;
import io.helmwatch.vision.Orientation;
import io.helmwatch.vision.PixelFormat;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.LongPointer;
import org.jspecify.annotations.Nullable;

/**
 * A holder of one {@code AVFrame}. Taking moves the reference to the decoder's buffers; plane addresses, strides and the
 * description are copied as numbers, so that reading and taking allocate nothing.
 *
 * <p>The array of plane pointers inside the frame is wrapped once, when the holder is made: its place never changes.
 *
 * <p>Threading: owned by one thread at a time. Ownership: as {@link FrameLease}; the holder itself is freed by {@link #close}.
 * Memory: holders count as {@code ffmpeg.leases}, the pixels they hold as {@code ffmpeg.pictures} (by the planes' extent).
 */
public final class FfmpegFrameLease implements FrameLease {
    private static final NativeMemory.Account HOLDERS = NativeMemory.account("ffmpeg.leases");
    private static final NativeMemory.Account FRAMES = NativeMemory.account("ffmpeg.pictures");
    private static final ColorEncoding[] ENCODINGS = encodings();

    private @Nullable AVFrame frame;
    private @Nullable LongPointer planePointers;
    private final FrameInfo info = new FrameInfo();
    private final FramePlanes planes = new FramePlanes();
    private long holderBytes;
    private long frameBytes;
    private boolean held;

    private FfmpegFrameLease() {
        Ffmpeg.load();
        AVFrame allocated = avutil.av_frame_alloc();
        if (allocated == null) {
            throw new OutOfMemoryError("FFmpeg could not allocate a frame holder");
        }
        frame = allocated;
        planePointers = new LongPointer(allocated.data());
        holderBytes = allocated.sizeof();
        HOLDERS.allocated(holderBytes);
    }

    /** An empty holder. */
    public static FfmpegFrameLease create() {
        return new FfmpegFrameLease();
    }

    /** The frame that the decoder writes into; the lease holds nothing until {@link #hold}. */
    public AVFrame frame() {
        AVFrame open = frame;
        if (open == null) {
            throw new IllegalStateException("the frame lease is closed");
        }
        return open;
    }

    /** Describes the frame that was put into {@link #frame()}. */
    void hold(PixelFormat pixelFormat, Memory where, Orientation turn) {
        AVFrame open = frame();
        LongPointer pointers = planePointers;
        if (pointers == null) {
            throw new IllegalStateException("the frame lease is closed");
        }
        int width = turn.swapsSides() ? open.height() : open.width();
        int height = turn.swapsSides() ? open.width() : open.height();
        ColorEncoding color = encoding(
                open.colorspace(),
                open.color_range(),
                FfmpegPixelFormats.impliesFullRange(open.format()),
                pixelFormat,
                height);
        info.setImage(width, height, pixelFormat, color, turn);
        planes.clear();
        planes.setMemory(where);
        long bytes = 0;
        for (int plane = 0; plane < pixelFormat.planes(); plane++) {
            planes.set(plane, pointers.get(plane), open.linesize(plane));
            bytes += (long) open.linesize(plane) * pixelFormat.planeRows(plane, open.height());
        }
        held = true;
        frameBytes = bytes;
        FRAMES.allocated(bytes);
    }

    @Override
    public void take(FrameLease other) {
        if (!(other instanceof FfmpegFrameLease source)) {
            throw new IllegalArgumentException(
                    "a lease of FFmpeg cannot take from " + other.getClass().getSimpleName());
        }
        if (source == this) {
            return;
        }
        AVFrame destination = frame();
        release();
        if (!source.held) {
            return;
        }
        avutil.av_frame_move_ref(destination, source.frame());
        info.copyFrom(source.info);
        planes.copyFrom(source.planes);
        frameBytes = source.frameBytes;
        held = true;
        source.held = false;
        source.frameBytes = 0;
        source.planes.clear();
    }

    @Override
    public boolean isHeld() {
        return held;
    }

    @Override
    public void release() {
        AVFrame open = frame;
        if (open != null && held) {
            held = false;
            avutil.av_frame_unref(open);
            FRAMES.freed(frameBytes);
            frameBytes = 0;
            planes.clear();
        }
    }

    @Override
    public void close() {
        AVFrame open = frame;
        if (open == null) {
            return;
        }
        release();
        frame = null;
        planePointers = null;
        avutil.av_frame_free(open);
        HOLDERS.freed(holderBytes);
    }

    @Override
    public FrameInfo info() {
        return info;
    }

    @Override
    public FramePlanes planes() {
        return planes;
    }

    @Override
    public FrameLease download() {
        if (!held) {
            throw new IllegalStateException("the frame lease holds no frame");
        }
        if (memory() == Memory.HOST) {
            return FrameLease.super.download();
        }
        FfmpegFrameLease copy = create();
        try {
            copy.fillFrom(this);
            return copy;
        } catch (RuntimeException e) {
            copy.close();
            throw e;
        }
    }

    @Override
    public FrameLease downloadRows(int atLeast) {
        if (!held) {
            throw new IllegalStateException("the frame lease holds no frame");
        }
        if (memory() == Memory.HOST) {
            return FrameLease.super.downloadRows(atLeast);
        }
        FfmpegFrameLease copy = create();
        try {
            copy.fillRowsFrom(this, Math.max(1, frame().height() / atLeast));
            return copy;
        } catch (RuntimeException e) {
            copy.close();
            throw e;
        }
    }

    /** Copies every so-many-th row: the surface is described as one whose rows are that much further apart, and fewer. */
    private void fillRowsFrom(FfmpegFrameLease surface, int step) {
        AVFrame from = surface.frame();
        AVFrame to = frame();
        int rows = from.height() / step;
        to.format(FfmpegPixelFormats.ofSurface(surface.format()));
        to.width(from.width());
        to.height(rows);
        int rc = avutil.av_frame_get_buffer(to, 0);
        if (rc >= 0) {
            int height = from.height();
            describe(from, rows, surface, step);
            // Copies in the stream that decoders write in, behind the frame, and waits.
            rc = avutil.av_hwframe_transfer_data(to, from, 0);
            describe(from, height, surface, 1);
        }
        if (rc >= 0) {
            rc = avutil.av_frame_copy_props(to, from);
        }
        if (rc < 0) {
            throw new IngestException(
                    "Rows of a frame could not be copied from the GPU (" + Ffmpeg.describe(rc) + ").");
        }
        hold(surface.format(), Memory.HOST, Orientation.UPRIGHT);
        info.setPosition(surface.sequence(), surface.ptsNanos(), surface.capturedAtMillis(), surface.receivedNanos());
    }

    private static void describe(AVFrame frame, int rows, FfmpegFrameLease surface, int step) {
        frame.height(rows);
        for (int plane = 0; plane < surface.format().planes(); plane++) {
            frame.linesize(plane, surface.strideBytes(plane) * step);
        }
    }

    private void fillFrom(FfmpegFrameLease surface) {
        AVFrame to = frame();
        AVFrame from = surface.frame();
        // Copies in the stream that decoders write in, behind the frame, and waits.
        int rc = avutil.av_hwframe_transfer_data(to, from, 0);
        if (rc >= 0) {
            rc = avutil.av_frame_copy_props(to, from);
        }
        if (rc >= 0 && surface.orientation() != Orientation.UPRIGHT) {
            try (FrameConverter filter = new FrameConverter();
                    FfmpegFrameLease stored = create()) {
                avutil.av_frame_move_ref(stored.frame(), to);
                rc = filter.apply(stored.frame(), to, surface.orientation(), surface.format());
                avutil.av_frame_unref(stored.frame());
            }
        }
        if (rc >= 0 && FfmpegPixelFormats.direct(to.format()) != surface.format()) {
            throw new IngestException("A frame could not be copied from the GPU: expected " + surface.format()
                    + ", found " + FfmpegPixelFormats.name(to.format()) + ".");
        }
        if (rc < 0) {
            throw new IngestException("A frame could not be copied from the GPU (" + Ffmpeg.describe(rc) + ").");
        }
        hold(surface.format(), Memory.HOST, Orientation.UPRIGHT);
        info.setPosition(surface.sequence(), surface.ptsNanos(), surface.capturedAtMillis(), surface.receivedNanos());
        info.setMediaTime(surface.info().mediaEpoch(), surface.info().mediaTimeNanos());
    }

    @Override
    public ByteBuffer plane(int plane) {
        if (!held) {
            throw new IllegalStateException("the frame lease holds no frame");
        }
        if (memory() != Memory.HOST) {
            throw new IllegalStateException("the frame is in " + memory() + " memory, which the CPU cannot address");
        }
        return frame().data(plane)
                .capacity(planes.bytes(plane, info))
                .asByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    /** ITU-T H.273 codes, as FFmpeg numbers them. */
    private static ColorEncoding encoding(
            int colorSpace, int colorRange, boolean fullByFormat, PixelFormat format, int height) {
        Matrix matrix = switch (colorSpace) {
            case avutil.AVCOL_SPC_BT709, avutil.AVCOL_SPC_SMPTE240M -> Matrix.BT709;
            case avutil.AVCOL_SPC_BT470BG, avutil.AVCOL_SPC_SMPTE170M, avutil.AVCOL_SPC_FCC -> Matrix.BT601;
            case avutil.AVCOL_SPC_BT2020_NCL, avutil.AVCOL_SPC_BT2020_CL -> Matrix.BT2020;
            default -> ColorEncoding.assumedMatrix(height);
        };
        boolean full = format.isRgb()
                || fullByFormat
                || colorRange == avutil.AVCOL_RANGE_JPEG
                // Pictures in grey use the whole range unless they say otherwise.
                || (format == PixelFormat.GRAY8 && colorRange == avutil.AVCOL_RANGE_UNSPECIFIED);
        return ENCODINGS[matrix.ordinal() * 2 + (full ? 1 : 0)];
    }

    private static ColorEncoding[] encodings() {
        Matrix[] matrices = Matrix.values();
        ColorEncoding[] all = new ColorEncoding[matrices.length * 2];
        for (Matrix matrix : matrices) {
            all[matrix.ordinal() * 2] = new ColorEncoding(matrix, false);
            all[matrix.ordinal() * 2 + 1] = new ColorEncoding(matrix, true);
        }
        return all;
    }
}
