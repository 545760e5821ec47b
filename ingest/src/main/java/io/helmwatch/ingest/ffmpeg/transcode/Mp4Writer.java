package io.helmwatch.ingest.ffmpeg.transcode;

import io.helmwatch.ingest.IngestException;
import io.helmwatch.ingest.ffmpeg.input.Ffmpeg;
import io.helmwatch.ingest.ffmpeg.transcode.OpenH264Encoder.Quality;
import io.helmwatch.resource.Closer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;

/**
 * Writes an MP4 file with H.264 video, encoded by OpenH264, which the shipped FFmpeg contains. Not for the hot path.
 *
 * <p>The first image determines the size, see {@link OpenH264Encoder}; later ones of another size are scaled to it. The file appears under its name with
 * {@link #finish}; before, and after a failure, an existing file of that name stays as it was.
 *
 * <p>Threading: one thread. Errors: {@link IOException} names the file.
 */
public final class Mp4Writer implements AutoCloseable {
    private static final int TICKS_PER_SECOND = 90_000;
    private static final int EXPECTED_RATE = 25;
    /** Duration of the only frame of a clip: a 25th of a second. */
    private static final long DEFAULT_STEP = TICKS_PER_SECOND / EXPECTED_RATE;

    private final Path file;
    private final Path partial;
    private final Closer opened = new Closer();
    /** Refers to the caller's samples. */
    private final AVFrame image;
    /** Made with the writer: a scope of JavaCPP's that the caller has open around a call would free it. */
    private final AVRational timeBase;

    private @Nullable Encoding encoding;
    private long firstPtsNanos;
    private long lastTicks = -1;
    private long step = DEFAULT_STEP;

    /** What exists once the size is known. */
    private record Encoding(AVFormatContext container, AVStream stream, OpenH264Encoder encoder) {}

    /** Creates a writer; nothing is written before the first image. */
    public Mp4Writer(Path file) {
        this.file = file;
        this.partial = file.resolveSibling(file.getFileName() + ".partial");
        Ffmpeg.load();
        image = avutil.av_frame_alloc();
        opened.register(() -> avutil.av_frame_free(image));
        timeBase = new AVRational().num(1).den(TICKS_PER_SECOND);
        image.format(avutil.AV_PIX_FMT_BGR24);
        image.colorspace(avutil.AVCOL_SPC_RGB);
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
        image.width(width);
        image.height(height);
        image.data(0, bgr);
        image.linesize(0, 3 * width);
        try {
            Encoding target = encoding;
            if (target == null) {
                firstPtsNanos = ptsNanos;
                target = open();
                encoding = target;
            }
            // 90,000 ticks are 1,000,000,000 ns.
            long ticks = Math.max(lastTicks + 1, (ptsNanos - firstPtsNanos) * 9 / 100_000);
            step = lastTicks < 0 ? DEFAULT_STEP : ticks - lastTicks;
            lastTicks = ticks;
            target.encoder().load(image);
            target.encoder().encode(ticks);
            drain(target);
        } catch (IngestException e) {
            throw new IOException(file + " cannot be written: " + e.getMessage(), e);
        }
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
        target.encoder().end();
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

    private Encoding open() throws IOException {
        AVFormatContext container = new AVFormatContext(null);
        check(avformat.avformat_alloc_output_context2(container, null, "mp4", partial.toString()));
        opened.register(() -> avformat.avformat_free_context(container));
        OpenH264Encoder encoder = opened.register(new OpenH264Encoder(image, timeBase, EXPECTED_RATE, Quality.DRAWN));
        AVStream stream = avformat.avformat_new_stream(container, null);
        encoder.describe(stream);
        openFile(container);
        check(avformat.avformat_write_header(container, (AVDictionary) null));
        return new Encoding(container, stream, encoder);
    }

    private void openFile(AVFormatContext container) throws IOException {
        AVIOContext output = new AVIOContext(null);
        // The prefix keeps a colon in the name from being read as a protocol.
        check(avformat.avio_open2(output, "file:" + partial, avformat.AVIO_FLAG_WRITE, null, (AVDictionary) null));
        opened.register(() -> avformat.avio_closep(output));
        container.pb(output);
    }

    private void drain(Encoding target) throws IOException {
        AVStream stream = target.stream();
        AVPacket packet = target.encoder().receive();
        while (packet != null) {
            packet.duration(step);
            avcodec.av_packet_rescale_ts(packet, timeBase, stream.time_base());
            packet.stream_index(stream.index());
            check(avformat.av_interleaved_write_frame(target.container(), packet));
            packet = target.encoder().receive();
        }
    }

    private void check(int code) throws IOException {
        if (code < 0) {
            throw new IOException(file + " cannot be written: " + Ffmpeg.describe(code));
        }
    }
}
