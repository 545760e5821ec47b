package io.helmwatch.pipeline.clips;

import io.helmwatch.pipeline.clips.ClipRecording.Progress;
import io.helmwatch.resource.ThreadStop;
import java.io.IOException;
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
    private static final long CLOSE_MILLIS = 10_000;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(40);

    private final List<ClipRecording> recordings = new CopyOnWriteArrayList<>();
    private final Thread thread;
    private final Runnable atStart;
    private volatile boolean isClosing;
    private volatile long closeByNanos;

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
        while (!isClosing || !recordings.isEmpty()) {
            boolean worked = false;
            for (ClipRecording recording : recordings) {
                if (isClosing && System.nanoTime() - closeByNanos > 0) {
                    recordings.remove(recording);
                    recording.abandon(new IOException("the service ended before it was written"));
                    continue;
                }
                Progress progress = recording.step(isClosing);
                worked |= progress == Progress.WORKED;
                if (progress == Progress.DONE) {
                    recordings.remove(recording);
                }
            }
            if (!worked && recordings.isEmpty() && !isClosing) {
                LockSupport.park(this);
            } else if (!worked) {
                LockSupport.parkNanos(this, PAUSE_NANOS);
            }
        }
    }

    @Override
    public void close() {
        closeByNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CLOSE_MILLIS);
        isClosing = true;
        LockSupport.unpark(thread);
        ThreadStop.join(thread, 2 * CLOSE_MILLIS);
    }
}
