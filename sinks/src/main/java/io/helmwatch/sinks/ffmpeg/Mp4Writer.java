package io.helmwatch.sinks.ffmpeg;

import io.helmwatch.resource.Closer;
import io.helmwatch.resource.NativeMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVIOContext;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.ffmpeg.global.swscale;
import org.bytedeco.ffmpeg.swscale.SwsContext;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.PointerPointer;
import org.jspecify.annotations.Nullable;

/**
 * Writes an MP4 file with H.264 video, encoded by OpenH264, which the shipped FFmpeg contains. Not for the hot path.
 *
 * <p>The first image determines the size: even, at most {@value #MAX_LONG_SIDE} by {@value #MAX_SHORT_SIDE} pixels, which is what OpenH264
 * encodes; larger images are scaled down and later ones of another size are scaled to it. The file appears under its name with
 * {@link #finish}; before, and after a failure, an existing file of that name stays as it was.
 *
 * <p>Threading: one thread. Errors: {@link IOException} names the file.
 */
public final class Mp4Writer implements AutoCloseable {
    private static final String ENCODER = "libopenh264";
    private static final int MAX_LONG_SIDE = 3840;
    private static final int MAX_SHORT_SIDE = 2160;
    private static final int MIN_SIDE = 16;
    private static final int TICKS_PER_SECOND = 90_000;
    private static final int KEY_FRAME_INTERVAL = 50;
    /** Duration of the only frame of a clip: a 25th of a second. */
    private static final long DEFAULT_STEP = TICKS_PER_SECOND / 25;

    private static final NativeMemory.Account FRAMES = NativeMemory.account("sinks.clip");

    private final Path file;
    private final Path partial;
    private final Closer opened = new Closer();
    private @Nullable Encoding encoding;
    private long firstPtsNanos;
    private long lastTicks = -1;
    private long step = DEFAULT_STEP;

    /** What exists once the size is known. */
    private record Encoding(
            AVFormatContext container, AVCodecContext context, AVStream stream, AVFrame frame, AVPacket packet) {}

    /** Creates a writer; nothing is written before the first image. */
    public Mp4Writer(Path file) {
        this.file = file;
        this.partial = file.resolveSibling(file.getFileName() + ".partial");
    }

    /**
     * Appends an image.
     *
     * @param bgr rows of B, G, R bytes without padding
     * @param width pixels
     * @param height pixels
     * @param ptsNanos presentation time; one that does not exceed the previous one is moved just behind it
     */
    public void write(BytePointer bgr, int width, int height, long ptsNanos) throws IOException {
        Encoding target = encoding;
        if (target == null) {
            firstPtsNanos = ptsNanos;
            target = open(width, height);
            encoding = target;
        }
        // 90,000 ticks are 1,000,000,000 ns.
        long ticks = Math.max(lastTicks + 1, (ptsNanos - firstPtsNanos) * 9 / 100_000);
        step = lastTicks < 0 ? DEFAULT_STEP : ticks - lastTicks;
        lastTicks = ticks;
        check(avutil.av_frame_make_writable(target.frame()));
        convert(bgr, width, height, target.frame());
        target.frame().pts(ticks);
        check(avcodec.avcodec_send_frame(target.context(), target.frame()));
        drain(target);
    }

    /**
     * Completes the file and gives it its name.
     *
     * @return false when there was no image and therefore is no file
     */
    public boolean finish() throws IOException {
        Encoding target = encoding;
        if (target == null) {
            return false;
        }
        check(avcodec.avcodec_send_frame(target.context(), null));
        drain(target);
        check(avformat.av_write_trailer(target.container()));
        encoding = null;
        opened.close();
        Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        return true;
    }

    /** Releases everything and deletes an unfinished file; a second call does nothing. */
    @Override
    public void close() {
        encoding = null;
        opened.close();
        try {
            Files.deleteIfExists(partial);
        } catch (IOException e) {
            throw new UncheckedIOException(partial + " cannot be deleted: " + e.getMessage(), e);
        }
    }

    private Encoding open(int width, int height) throws IOException {
        AVCodec codec = avcodec.avcodec_find_encoder_by_name(ENCODER);
        if (codec == null || codec.isNull()) {
            throw new IOException(file + ": expected FFmpeg with the encoder " + ENCODER + ", found one without");
        }
        AVFormatContext container = new AVFormatContext(null);
        check(avformat.avformat_alloc_output_context2(container, null, "mp4", partial.toString()));
        opened.register(() -> avformat.avformat_free_context(container));
        AVCodecContext context = openEncoder(codec, width, height, container);
        AVStream stream = avformat.avformat_new_stream(container, null);
        stream.time_base(context.time_base());
        check(avcodec.avcodec_parameters_from_context(stream.codecpar(), context));
        openFile(container);
        check(avformat.avformat_write_header(container, (AVDictionary) null));
        AVPacket packet = avcodec.av_packet_alloc();
        opened.register(() -> avcodec.av_packet_free(packet));
        return new Encoding(container, context, stream, allocateFrame(context), packet);
    }

    private AVCodecContext openEncoder(AVCodec codec, int width, int height, AVFormatContext container)
            throws IOException {
        AVCodecContext context = avcodec.avcodec_alloc_context3(codec);
        opened.register(() -> avcodec.avcodec_free_context(context));
        double scale = Math.min(
                1,
                Math.min(
                        (double) MAX_LONG_SIDE / Math.max(width, height),
                        (double) MAX_SHORT_SIDE / Math.min(width, height)));
        context.width(evenSide(scale * width));
        context.height(evenSide(scale * height));
        context.pix_fmt(avutil.AV_PIX_FMT_YUV420P);
        context.colorspace(avutil.AVCOL_SPC_SMPTE170M);
        context.color_range(avutil.AVCOL_RANGE_MPEG);
        context.time_base(new AVRational().num(1).den(TICKS_PER_SECOND));
        context.framerate(new AVRational().num(TICKS_PER_SECOND).den((int) DEFAULT_STEP));
        context.gop_size(KEY_FRAME_INTERVAL);
        // Text and thin lines stay readable.
        context.bit_rate(Math.max(1_000_000L, 4L * context.width() * context.height()));
        context.flags(context.flags() | avcodec.AV_CODEC_FLAG_GLOBAL_HEADER);
        context.thread_count(1);
        check(avcodec.avcodec_open2(context, codec, (AVDictionary) null));
        container.bit_rate(context.bit_rate());
        return context;
    }

    private static int evenSide(double side) {
        return Math.max(MIN_SIDE, (int) Math.round(side) & ~1);
    }

    private void openFile(AVFormatContext container) throws IOException {
        AVIOContext output = new AVIOContext(null);
        // The prefix keeps a colon in the name from being read as a protocol.
        check(avformat.avio_open2(output, "file:" + partial, avformat.AVIO_FLAG_WRITE, null, (AVDictionary) null));
        opened.register(() -> avformat.avio_closep(output));
        container.pb(output);
    }

    private AVFrame allocateFrame(AVCodecContext context) throws IOException {
        AVFrame frame = avutil.av_frame_alloc();
        opened.register(() -> avutil.av_frame_free(frame));
        frame.format(context.pix_fmt());
        frame.width(context.width());
        frame.height(context.height());
        frame.colorspace(context.colorspace());
        frame.color_range(context.color_range());
        check(avutil.av_frame_get_buffer(frame, 0));
        long bytes = avutil.av_image_get_buffer_size(frame.format(), frame.width(), frame.height(), 1);
        FRAMES.allocated(bytes);
        opened.register(() -> FRAMES.freed(bytes));
        return frame;
    }

    private void convert(BytePointer bgr, int width, int height, AVFrame frame) throws IOException {
        SwsContext scaler = swscale.sws_getContext(
                width,
                height,
                avutil.AV_PIX_FMT_BGR24,
                frame.width(),
                frame.height(),
                frame.format(),
                swscale.SWS_BICUBIC,
                null,
                null,
                (DoublePointer) null);
        if (scaler == null || scaler.isNull()) {
            throw new IOException(file + ": an image of " + width + "x" + height + " cannot be converted");
        }
        // It reads four of each, whatever the format.
        try (PointerPointer<BytePointer> planes = new PointerPointer<>(bgr, null, null, null);
                IntPointer strides = new IntPointer(3 * width, 0, 0, 0)) {
            check(swscale.sws_scale(scaler, planes, strides, 0, height, frame.data(), frame.linesize()));
        } finally {
            swscale.sws_freeContext(scaler);
        }
    }

    private void drain(Encoding target) throws IOException {
        while (avcodec.avcodec_receive_packet(target.context(), target.packet()) >= 0) {
            AVPacket packet = target.packet();
            packet.duration(step);
            avcodec.av_packet_rescale_ts(
                    packet, target.context().time_base(), target.stream().time_base());
            packet.stream_index(target.stream().index());
            check(avformat.av_interleaved_write_frame(target.container(), packet));
        }
    }

    private void check(int code) throws IOException {
        if (code < 0) {
            byte[] text = new byte[128];
            avutil.av_strerror(code, text, text.length);
            String reason = new String(text, StandardCharsets.UTF_8);
            throw new IOException(file + " cannot be written: " + reason.substring(0, reason.indexOf('\0')));
        }
    }
}
