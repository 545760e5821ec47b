package io.helmwatch.ingest.ffmpeg.input;

import java.nio.charset.StandardCharsets;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avfilter;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.ffmpeg.global.swscale;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.jspecify.annotations.Nullable;

/** The library as a whole: loads it once; its error codes as constants and as text. Threading: any thread. */
public final class Ffmpeg {
    /**
     * Largest single allocation of FFmpeg in this process: the samples of the largest image that is taken, and the bound of a frame whose end
     * a camera never sends.
     */
    public static final long MAX_ALLOCATION_BYTES = 288L << 20;

    /** Linux errno 93: the server does not offer the requested transport. */
    static final int PROTOCOL_NOT_SUPPORTED = -93;

    /** Linux errno 104. */
    static final int CONNECTION_RESET = -104;

    /** Linux errno 111. */
    static final int CONNECTION_REFUSED = -111;

    /** Linux errno 113. */
    static final int HOST_UNREACHABLE = -113;

    /** Linux errno 101. */
    static final int NETWORK_UNREACHABLE = -101;

    /** Linux errno 5: also the result of a failed TLS handshake. */
    static final int IO_ERROR = -5;

    /** Linux errno 12: also the result of an allocation beyond the limit. */
    public static final int NO_MEMORY = -12;

    /** Linux errno 22: also the result of a format that is not allowed. */
    static final int INVALID_ARGUMENT = -22;

    public static final int EOF;
    public static final int EAGAIN;
    static final int EXIT;
    static final int INVALID_DATA;
    static final int BAD_REQUEST;
    public static final int UNAUTHORIZED;
    static final int FORBIDDEN;
    public static final int NOT_FOUND;
    public static final long NO_TIMESTAMP;

    static {
        Loader.load(avutil.class);
        Loader.load(avcodec.class);
        Loader.load(avformat.class);
        Loader.load(swscale.class);
        Loader.load(avfilter.class);
        avutil.av_max_alloc(MAX_ALLOCATION_BYTES);
        FfmpegLog.install();
        avformat.avformat_network_init();
        EOF = avutil.AVERROR_EOF();
        EAGAIN = org.bytedeco.ffmpeg.presets.avutil.AVERROR_EAGAIN();
        EXIT = avutil.AVERROR_EXIT();
        INVALID_DATA = avutil.AVERROR_INVALIDDATA();
        BAD_REQUEST = avutil.AVERROR_HTTP_BAD_REQUEST();
        UNAUTHORIZED = avutil.AVERROR_HTTP_UNAUTHORIZED();
        FORBIDDEN = avutil.AVERROR_HTTP_FORBIDDEN();
        NOT_FOUND = avutil.AVERROR_HTTP_NOT_FOUND();
        NO_TIMESTAMP = avutil.AV_NOPTS_VALUE();
    }

    private Ffmpeg() {}

    /**
     * Loads the native libraries.
     *
     * @throws LinkageError when they cannot be loaded
     */
    public static void load() {
        // Initialising this class loads the libraries; the log level may have changed since.
        FfmpegLog.followLogger();
    }

    /** The library's text for an error code. */
    public static String describe(int code) {
        byte[] text = new byte[128];
        avutil.av_strerror(code, text, text.length);
        int end = 0;
        while (end < text.length && text[end] != 0) {
            end++;
        }
        return new String(text, 0, end, StandardCharsets.UTF_8);
    }

    public static String string(@Nullable BytePointer pointer, String otherwise) {
        if (pointer == null || pointer.isNull()) {
            return otherwise;
        }
        return new String(pointer.getStringBytes(), StandardCharsets.UTF_8);
    }
}
