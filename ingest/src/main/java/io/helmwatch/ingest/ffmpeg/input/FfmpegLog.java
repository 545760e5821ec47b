package io.helmwatch.ingest.ffmpeg.input;

import io.helmwatch.config.secret.Redaction;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.ffmpeg.avutil.LogCallback;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * FFmpeg's own log as SLF4J lines at debug, redacted, at most 20 lines a second (the others are counted).
 *
 * <p>The library formats a line itself before it calls; it is never asked for more than its verbose level, since above it
 * writes the requests it sends, credentials included. While the logger is not enabled for debug the library logs nothing.
 *
 * <p>Threading: called by any thread of the process, native ones included.
 */
final class FfmpegLog extends LogCallback {
    private static final Logger LOG = LoggerFactory.getLogger(FfmpegLog.class);
    private static final int LINES_PER_SECOND = 20;
    private static final int LONGEST_LINE = 2048;

    /** Native code holds no reference that the collector sees: this one keeps the callback alive. */
    private static final FfmpegLog INSTANCE = new FfmpegLog();

    private static int openings;

    private final AtomicLong window = new AtomicLong();
    private final AtomicLong lines = new AtomicLong();

    private FfmpegLog() {}

    static void install() {
        avutil.setLogCallback(INSTANCE);
        followLogger();
    }

    /** A thread listens with {@link OpenLog}: the library logs at least what that needs. */
    static synchronized void openingStarted() {
        openings++;
        followLogger();
    }

    /** A thread listens no more. */
    static synchronized void openingEnded() {
        openings--;
        followLogger();
    }

    /** Sets the library's level to that of the logger, or of threads that listen. */
    static synchronized void followLogger() {
        int level;
        if (LOG.isTraceEnabled()) {
            level = avutil.AV_LOG_VERBOSE;
        } else if (LOG.isDebugEnabled()) {
            level = avutil.AV_LOG_WARNING;
        } else {
            level = avutil.AV_LOG_QUIET;
        }
        avutil.av_log_set_level(openings > 0 ? Math.max(level, avutil.AV_LOG_INFO) : level);
    }

    @Override
    public void call(int level, BytePointer message) {
        // An exception must not reach native code.
        try {
            if (level > avutil.AV_LOG_VERBOSE || message == null) {
                return;
            }
            OpenLog opening = level <= avutil.AV_LOG_INFO ? OpenLog.current() : null;
            boolean logged = isLogged(level) && admit();
            if (opening == null && !logged) {
                return;
            }
            byte[] bytes = message.getStringBytes();
            int length = Math.min(bytes.length, LONGEST_LINE);
            String line = new String(bytes, 0, length, StandardCharsets.UTF_8).strip();
            if (opening != null) {
                opening.accept(line);
            }
            if (logged && !line.isEmpty()) {
                LOG.debug("{}", Redaction.redact(line));
            }
        } catch (RuntimeException | Error e) {
            // Nothing sensible can be done from inside a native call.
            lines.incrementAndGet();
        }
    }

    private static boolean isLogged(int level) {
        return level <= avutil.AV_LOG_WARNING ? LOG.isDebugEnabled() : LOG.isTraceEnabled();
    }

    private boolean admit() {
        long second = System.nanoTime() / 1_000_000_000L;
        long current = window.get();
        if (second != current && window.compareAndSet(current, second)) {
            long left = lines.getAndSet(0) - LINES_PER_SECOND;
            if (left > 0) {
                LOG.debug("{} lines of FFmpeg's log dropped", left);
            }
        }
        return lines.incrementAndGet() <= LINES_PER_SECOND;
    }
}
