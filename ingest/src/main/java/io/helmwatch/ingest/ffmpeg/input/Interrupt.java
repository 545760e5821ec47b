package io.helmwatch.ingest.ffmpeg.input;

import io.helmwatch.ingest.network.HttpSource;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVIOInterruptCB;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * The deadline of the blocking call that a stream is in. FFmpeg asks it between its waits (every 100 ms at most) and ends the
 * call with {@code AVERROR_EXIT} when it has passed or the stream was stopped.
 *
 * <p>There is one native callback for the whole process, since JavaCPP has ten trampolines per callback class; it finds the
 * stream by its thread, on which FFmpeg does all its input. Asking allocates nothing.
 *
 * <p>Threading: {@link #stop} from any thread, everything else on the stream's thread.
 */
public final class Interrupt implements HttpSource.Deadline {
    private static final ThreadLocal<Interrupt> CURRENT = new ThreadLocal<>();
    private static final Callback CALLBACK = new Callback();

    private static final int LONGEST_MILLIS = 3_600_000;

    private volatile boolean stopped;
    private volatile @Nullable Closeable blocking;
    private boolean closing;
    private boolean armed;
    private boolean expired;
    private long deadlineNanos;

    /** Binds every blocking call of the calling thread to this object. */
    public void attach() {
        CURRENT.set(this);
    }

    public void detach() {
        CURRENT.remove();
    }

    public void install(AVFormatContext context) {
        try (AVIOInterruptCB slot = new AVIOInterruptCB()) {
            slot.callback(CALLBACK);
            slot.opaque(null);
            context.interrupt_callback(slot);
        }
    }

    /** The calls that follow may take this long in total. */
    public void arm(long nanos) {
        deadlineNanos = System.nanoTime() + nanos;
        armed = true;
        expired = false;
        closing = false;
    }

    /** The calls that follow have no deadline; only a stop ends them. */
    public void disarm() {
        armed = false;
        expired = false;
        closing = false;
    }

    /** As {@link #arm}, but a stop does not end the calls: closing has to end the session with the server. */
    void armForClosing(long nanos) {
        arm(nanos);
        closing = true;
    }

    public void stop() {
        stopped = true;
        closeQuietly(blocking);
    }

    @Override
    public void blockingOn(Closeable resource) throws IOException {
        blocking = resource;
        if (stopped) {
            throw new InterruptedIOException("the stream was stopped");
        }
    }

    @Override
    public int remainingMillis() throws IOException {
        if (stopped) {
            throw new InterruptedIOException("the stream was stopped");
        }
        if (!armed) {
            return LONGEST_MILLIS;
        }
        long millis = (deadlineNanos - System.nanoTime()) / 1_000_000;
        if (millis <= 0) {
            expired = true;
            throw new InterruptedIOException("the time is up");
        }
        return (int) Math.min(LONGEST_MILLIS, millis + 1);
    }

    private static void closeQuietly(@Nullable Closeable resource) {
        try {
            if (resource != null) {
                resource.close();
            }
        } catch (IOException e) {
            // It is gone either way.
        }
    }

    public boolean isStopped() {
        return stopped;
    }

    /** Whether the deadline passed since it was set. */
    public boolean isExpired() {
        expired = expired || isLate();
        return expired;
    }

    /** Whether a call was ended by the deadline, even if it still returned something. */
    public boolean wasEnded() {
        return expired;
    }

    private boolean isLate() {
        return armed && System.nanoTime() - deadlineNanos >= 0;
    }

    private boolean shouldEnd() {
        if (stopped && !closing) {
            return true;
        }
        if (isLate()) {
            expired = true;
        }
        return expired;
    }

    private static final class Callback extends AVIOInterruptCB.Callback_Pointer {
        @Override
        public int call(Pointer opaque) {
            Interrupt current = CURRENT.get();
            return current != null && current.shouldEnd() ? 1 : 0;
        }
    }
}
