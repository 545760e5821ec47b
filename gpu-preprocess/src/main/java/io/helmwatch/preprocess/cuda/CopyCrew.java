package io.helmwatch.preprocess.cuda;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Threads that copy frames to page-locked memory while the next frames are added. A 1080p frame, written by another core a moment ago, takes about half
 * a millisecond: one thread alone would be full with some fifty cameras that are decoded on the CPU, and keep all others waiting.
 *
 * <p>Threading: one thread gives tasks and waits for them. Ownership: starts its threads with the first task; {@link #close} ends them. Allocates nothing
 * per task.
 */
final class CopyCrew implements AutoCloseable {
    private final int size;
    private final List<Thread> threads = new ArrayList<>();
    /** This and what follows is guarded by this object. */
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();

    private int running;
    private boolean closed;
    private @Nullable RuntimeException failure;

    /** {@code size} is the number of threads beside the caller's, which helps while it waits. */
    CopyCrew(int size) {
        this.size = size;
    }

    /** Gives a task, which runs soon. */
    void add(Runnable task) {
        if (threads.size() < size) {
            Thread thread = new Thread(this::work, "preprocess-copy-" + threads.size());
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
        synchronized (this) {
            waiting.add(task);
            // Only idle copiers wait now.
            notify();
        }
    }

    /**
     * Waits until all tasks are done, and runs some meanwhile.
     *
     * @throws RuntimeException the first failure of a task
     */
    void await() {
        for (Runnable task = next(false); task != null; task = next(false)) {
            run(task);
        }
        RuntimeException failed;
        synchronized (this) {
            boolean interrupted = false;
            while (running > 0) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    // The memory is being written: it cannot be left before.
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            failed = failure;
            failure = null;
        }
        if (failed != null) {
            throw failed;
        }
    }

    private void work() {
        for (Runnable task = next(true); task != null; task = next(true)) {
            run(task);
        }
    }

    /** The next task, which counts as running; null when there is none, or at the end. */
    private synchronized @Nullable Runnable next(boolean wait) {
        while (wait && waiting.isEmpty() && !closed) {
            try {
                wait();
            } catch (InterruptedException e) {
                return null;
            }
        }
        Runnable task = waiting.poll();
        if (task != null) {
            running++;
        }
        return task;
    }

    private void run(Runnable task) {
        RuntimeException failed = null;
        try {
            task.run();
        } catch (RuntimeException e) {
            failed = e;
        }
        synchronized (this) {
            if (failure == null) {
                failure = failed;
            }
            if (--running == 0 && waiting.isEmpty()) {
                notifyAll();
            }
        }
    }

    /** Ends the threads, after the tasks that were given; a second call does nothing. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
        threads.clear();
    }
}
