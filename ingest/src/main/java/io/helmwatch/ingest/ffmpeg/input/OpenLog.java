package io.helmwatch.ingest.ffmpeg.input;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;

/**
 * What FFmpeg logs on this thread while it opens an input: the status that an RTSP server answered with, which its error code
 * does not tell, and a redirect.
 *
 * <p>FFmpeg's RTSP client follows redirects to any address and takes the password along, and no option changes that. It logs a
 * redirect after it has set the context's URL and before it connects: here a redirect to another host or port is replaced by
 * an address that cannot be connected to, so that nothing is sent, and is left to the caller.
 *
 * <p>Threading: the stream's thread; FFmpeg logs on the thread that opens.
 */
final class OpenLog implements AutoCloseable {
    private static final ThreadLocal<OpenLog> CURRENT = new ThreadLocal<>();
    private static final Pattern REDIRECT = Pattern.compile("Status \\d+: Redirecting to (\\S*)");
    private static final Pattern FAILURE = Pattern.compile("method ([A-Z_]+) failed: (\\d{3}) ?(.*)");

    /** Port 0 is refused before anything is sent. */
    private static final String UNREACHABLE = "rtsp://refused.invalid:0/";

    private static final int MAX_REDIRECTS = 5;

    private final AVFormatContext context;
    private final InputAccess access;
    private @Nullable String redirect;
    private int redirects;
    private String method = "";
    private int status;
    private String reason = "";

    private OpenLog(AVFormatContext context, InputAccess access) {
        this.context = context;
        this.access = access;
    }

    /** Listens until it is closed. */
    static OpenLog listen(AVFormatContext context, InputAccess access) {
        OpenLog log = new OpenLog(context, access);
        CURRENT.set(log);
        FfmpegLog.openingStarted();
        return log;
    }

    /** What listens on this thread; null when nothing does. */
    static @Nullable OpenLog current() {
        return CURRENT.get();
    }

    /** A line of FFmpeg's log. */
    void accept(String line) {
        Matcher redirected = REDIRECT.matcher(line);
        if (redirected.find()) {
            String target = redirected.group(1);
            if (++redirects > MAX_REDIRECTS || !access.mayFollow(target)) {
                redirect = target;
                replaceAddress();
            }
            return;
        }
        Matcher failed = FAILURE.matcher(line);
        if (failed.find()) {
            method = failed.group(1);
            status = Integer.parseInt(failed.group(2));
            reason = failed.group(3).strip();
        }
    }

    private void replaceAddress() {
        BytePointer old = context.url();
        try (BytePointer unreachable = new BytePointer(UNREACHABLE)) {
            context.url(avutil.av_strdup(unreachable));
        }
        avutil.av_free(old);
    }

    /** The address of another host or port that the server redirects to, which was not connected to; null when there was none. */
    @Nullable
    String redirect() {
        return redirect;
    }

    /** The RTSP request that failed last; empty when none did. */
    String method() {
        return method;
    }

    /** The status of the RTSP request that failed last; 0 when none did. */
    int status() {
        return status;
    }

    /** The server's words for {@link #status}. */
    String reason() {
        return reason;
    }

    @Override
    public void close() {
        CURRENT.remove();
        FfmpegLog.openingEnded();
    }
}
