package io.helmwatch.ingest.ffmpeg.transcode;

import io.helmwatch.ingest.IngestException;
import io.helmwatch.ingest.VideoFormat;
import io.helmwatch.ingest.VideoFormat.Codec;
import io.helmwatch.ingest.ffmpeg.input.Ffmpeg;
import io.helmwatch.resource.Closer;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.vision.ImageSize;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.ffmpeg.global.swscale;
import org.bytedeco.ffmpeg.swscale.SwsContext;
import org.bytedeco.javacpp.DoublePointer;
import org.jspecify.annotations.Nullable;

/**
 * Encodes images as H.264 with OpenH264, which the shipped FFmpeg contains. The size is that of the first image: even, at most
 * {@value #MAX_LONG_SIDE} by {@value #MAX_SHORT_SIDE} pixels; others are scaled to it.
 *
 * <p>Threading: one thread. Ownership: frees everything on {@link #close}, also when opening fails.
 */
final class OpenH264Encoder implements AutoCloseable {
    private static final String ENCODER = "libopenh264";
    private static final int MAX_LONG_SIDE = 3840;
    private static final int MAX_SHORT_SIDE = 2160;
    private static final int MIN_SIDE = 16;
    private static final double KEY_FRAME_SECONDS = 2;

    private static final NativeMemory.Account ENCODERS = NativeMemory.account("ffmpeg.encoders");

    private final Quality quality;
    private final Closer opened = new Closer();
    private final AVCodecContext context;
    private final AVFrame frame;
    private final AVPacket packet;
    private final VideoFormat format;
    private final ImageSize size;
    private @Nullable SwsContext scaler;

    /** What the images are. */
    enum Quality {
        /** Of a camera. */
        VIDEO(2, 500_000, swscale.SWS_BILINEAR),
        /** Drawn on: text and thin lines stay readable. */
        DRAWN(4, 1_000_000, swscale.SWS_BICUBIC);

        private final long bitsPerPixelAndSecond;
        private final long minBitRate;
        private final int scaling;

        Quality(long bitsPerPixelAndSecond, long minBitRate, int scaling) {
            this.bitsPerPixelAndSecond = bitsPerPixelAndSecond;
            this.minBitRate = minBitRate;
            this.scaling = scaling;
        }
    }

    /**
     * Opens the encoder.
     *
     * @param first the image that determines size and colours
     * @param timeBase seconds of a tick, of the images and the packets
     * @param framesPerSecond expected rate, for the distribution of bits
     * @throws IngestException when FFmpeg refuses
     */
    OpenH264Encoder(AVFrame first, AVRational timeBase, double framesPerSecond, Quality quality) {
        this.quality = quality;
        AVCodec codec = avcodec.avcodec_find_encoder_by_name(ENCODER);
        if (codec == null || codec.isNull()) {
            throw new IngestException("Expected FFmpeg with the encoder " + ENCODER + ", found one without.");
        }
        try {
            context = avcodec.avcodec_alloc_context3(codec);
            opened.register(() -> avcodec.avcodec_free_context(context));
            opened.register(() -> swscale.sws_freeContext(scaler));
            describe(first, timeBase, framesPerSecond);
            check(avcodec.avcodec_open2(context, codec, (AVDictionary) null));
            packet = avcodec.av_packet_alloc();
            opened.register(() -> avcodec.av_packet_free(packet));
            frame = avutil.av_frame_alloc();
            opened.register(() -> avutil.av_frame_free(frame));
            frame.format(context.pix_fmt());
            frame.width(context.width());
            frame.height(context.height());
            frame.color_range(context.color_range());
            frame.colorspace(context.colorspace());
            check(avutil.av_frame_get_buffer(frame, 0));
            long bytes = (long) context.sizeof()
                    + avutil.av_image_get_buffer_size(frame.format(), frame.width(), frame.height(), 1);
            ENCODERS.allocated(bytes);
            opened.register(() -> ENCODERS.freed(bytes));
        } catch (RuntimeException | Error e) {
            opened.closeAfter(e);
            throw e;
        }
        size = new ImageSize(context.width(), context.height());
        byte[] parameters = new byte[Math.max(0, context.extradata_size())];
        if (parameters.length > 0) {
            context.extradata().get(parameters);
        }
        format = new VideoFormat(
                Codec.H264, size.width(), size.height(), true, timeBase.num(), timeBase.den(), parameters);
    }

    private void describe(AVFrame first, AVRational timeBase, double framesPerSecond) {
        int width = first.width();
        int height = first.height();
        double scale = Math.min(
                1,
                Math.min(
                        (double) MAX_LONG_SIDE / Math.max(width, height),
                        (double) MAX_SHORT_SIDE / Math.min(width, height)));
        context.width(evenSide(scale * width));
        context.height(evenSide(scale * height));
        context.pix_fmt(avutil.AV_PIX_FMT_YUV420P);
        // Samples of a format that implies the full range are converted, those of others are kept.
        boolean isConverted =
                first.format() == avutil.AV_PIX_FMT_YUVJ420P || first.colorspace() == avutil.AVCOL_SPC_RGB;
        context.color_range(isConverted ? avutil.AVCOL_RANGE_MPEG : first.color_range());
        context.colorspace(
                first.colorspace() == avutil.AVCOL_SPC_RGB ? avutil.AVCOL_SPC_SMPTE170M : first.colorspace());
        context.time_base(timeBase);
        int rate = (int) Math.max(1, Math.min(120, Math.round(framesPerSecond)));
        context.framerate(new AVRational().num(rate).den(1));
        context.gop_size((int) Math.max(1, Math.round(KEY_FRAME_SECONDS * rate)));
        context.bit_rate(
                Math.max(quality.minBitRate, quality.bitsPerPixelAndSecond * context.width() * context.height()));
        context.flags(context.flags() | avcodec.AV_CODEC_FLAG_GLOBAL_HEADER);
        context.thread_count(1);
    }

    private static int evenSide(double side) {
        return Math.max(MIN_SIDE, (int) Math.round(side) & ~1);
    }

    /** How its packets are coded; one object for all. */
    VideoFormat format() {
        return format;
    }

    /** Describes a stream that gets its packets. */
    void describe(AVStream stream) {
        stream.time_base(context.time_base());
        check(avcodec.avcodec_parameters_from_context(stream.codecpar(), context));
    }

    /** Scales an image to the size of the video, to be changed before {@link #encode}. */
    ImagePlanes load(AVFrame image) {
        check(avutil.av_frame_make_writable(frame));
        scaler = swscale.sws_getCachedContext(
                scaler,
                image.width(),
                image.height(),
                image.format(),
                frame.width(),
                frame.height(),
                frame.format(),
                quality.scaling,
                null,
                null,
                (DoublePointer) null);
        if (scaler == null || scaler.isNull()) {
            throw new IngestException("A frame of " + image.width() + "x" + image.height() + " cannot be encoded.");
        }
        check(swscale.sws_scale(
                scaler, image.data(), image.linesize(), 0, image.height(), frame.data(), frame.linesize()));
        int chromaRows = (size.height() + 1) / 2;
        return new ImagePlanes(
                size,
                frame.data(0).capacity((long) frame.linesize(0) * size.height()).asByteBuffer(),
                frame.linesize(0),
                frame.data(1).capacity((long) frame.linesize(1) * chromaRows).asByteBuffer(),
                frame.data(2).capacity((long) frame.linesize(2) * chromaRows).asByteBuffer(),
                frame.linesize(1));
    }

    /** Encodes the loaded image; packets are to be received after. */
    void encode(long presentationTicks) {
        frame.pts(presentationTicks);
        check(avcodec.avcodec_send_frame(context, frame));
    }

    /** No image follows. */
    void end() {
        avcodec.avcodec_send_frame(context, null);
    }

    /** The next packet, valid until the next call; null when there is none. */
    @Nullable
    AVPacket receive() {
        return avcodec.avcodec_receive_packet(context, packet) >= 0 ? packet : null;
    }

    private static void check(int rc) {
        if (rc < 0) {
            throw new IngestException("Video cannot be encoded: " + Ffmpeg.describe(rc) + ".");
        }
    }

    @Override
    public void close() {
        opened.close();
    }
}
