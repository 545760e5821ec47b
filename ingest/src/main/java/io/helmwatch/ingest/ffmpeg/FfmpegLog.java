package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.config.Redaction;
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

    private final AtomicLong window = new AtomicLong();
    private final AtomicLong lines = new AtomicLong();

    private FfmpegLog() {}

    static void install() {
        avutil.setLogCallback(INSTANCE);
        followLogger();
    }

    /** Sets the library's level to that of the logger. */
    static void followLogger() {
        int level;
        if (LOG.isTraceEnabled()) {
            level = avutil.AV_LOG_VERBOSE;
        } else if (LOG.isDebugEnabled()) {
            level = avutil.AV_LOG_WARNING;
        } else {
            level = avutil.AV_LOG_QUIET;
        }
        avutil.av_log_set_level(level);
    }

    @Override
    public void call(int level, BytePointer message) {
        // An exception must not reach native code.
        try {
            if (level > avutil.AV_LOG_VERBOSE || message == null || !LOG.isDebugEnabled() || !admit()) {
                return;
            }
            byte[] bytes = message.getStringBytes();
            int length = Math.min(bytes.length, LONGEST_LINE);
            String line = new String(bytes, 0, length, StandardCharsets.UTF_8).strip();
            if (!line.isEmpty()) {
                LOG.debug("{}", Redaction.redact(line));
            }
        } catch (RuntimeException | Error e) {
            // Nothing sensible can be done from inside a native call.
            lines.incrementAndGet();
        }
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
