package io.helmwatch.pipeline.bench;

import java.util.List;

/** Waits for threads that use native memory: whoever frees it must know that they have ended. */
final class Joining {
    private Joining() {}

    /** Returns when all have ended, also when interrupted meanwhile; the interrupt is kept. */
    static void join(List<? extends Thread> threads) {
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
