package io.helmwatch.pipeline.clips;

import io.helmwatch.pipeline.clips.ClipRecording.Progress;
import io.helmwatch.resource.CloseDeadline;
import io.helmwatch.resource.ThreadStop;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Writes the clips that are being recorded, on one thread. Without any it sleeps.
 *
 * <p>Threading: {@link #add} by any thread. Ownership: {@link #close} completes the recordings with what they have, within {@value #CLOSE_MILLIS} ms; the
 * others are given up.
 */
final class ClipWorker implements AutoCloseable {
    private static final Duration CLOSE_TIME = Duration.ofSeconds(10);
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(40);

    private final List<ClipRecording> recordings = new CopyOnWriteArrayList<>();
    private final Thread thread;
    private final Runnable atStart;
    private final CloseDeadline closing = new CloseDeadline();

    /**
     * Starts the thread.
     *
     * @param atStart runs first, on the thread
     */
    ClipWorker(String name, Runnable atStart) {
        this.atStart = atStart;
        thread = new Thread(this::run, name);
        thread.setDaemon(true);
        thread.start();
    }

    void add(ClipRecording recording) {
        recordings.add(recording);
        LockSupport.unpark(thread);
    }

    /** Recordings that are not done. */
    int size() {
        return recordings.size();
    }

    private void run() {
        atStart.run();
        while (!closing.isStarted() || !recordings.isEmpty()) {
            boolean worked = false;
            for (ClipRecording recording : recordings) {
                if (closing.isPast()) {
                    recordings.remove(recording);
                    recording.abandon(new IOException("the service ended before it was written"));
                    continue;
                }
                Progress progress = recording.step(closing.isStarted());
                worked |= progress == Progress.WORKED;
                if (progress == Progress.DONE) {
                    recordings.remove(recording);
                }
            }
            if (!worked && recordings.isEmpty() && !closing.isStarted()) {
                LockSupport.park(this);
            } else if (!worked) {
                LockSupport.parkNanos(this, PAUSE_NANOS);
            }
        }
    }

    @Override
    public void close() {
        closing.start(CLOSE_TIME);
        LockSupport.unpark(thread);
        ThreadStop.join(thread, CLOSE_TIME.multipliedBy(2).toMillis());
    }
}
