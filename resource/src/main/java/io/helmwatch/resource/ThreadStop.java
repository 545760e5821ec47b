package io.helmwatch.resource;

import java.util.List;

/**
 * Waits for threads that were asked to end.
 *
 * <p>Threading: any; without state.
 */
public final class ThreadStop {
    private ThreadStop() {}

    /**
     * Waits for the end of a thread; where the caller is interrupted it waits no longer and stays interrupted.
     *
     * @param millis at most so long; 0 without limit
     */
    public static void join(Thread thread, long millis) {
        try {
            thread.join(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * The same, after an interrupt.
     *
     * @param millis at most so long; 0 without limit
     */
    public static void interruptAndJoin(Thread thread, long millis) {
        thread.interrupt();
        join(thread, millis);
    }

    /** Returns when all have ended, also when interrupted meanwhile; the interrupt is kept. For threads that use what is freed then. */
    public static void joinAll(List<? extends Thread> threads) {
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException later) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
