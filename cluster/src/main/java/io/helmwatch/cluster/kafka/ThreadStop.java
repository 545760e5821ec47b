package io.helmwatch.cluster.kafka;

/** Ends the threads of a node. Threading: any; without state. */
final class ThreadStop {
    private ThreadStop() {}

    /** Interrupts a thread and waits for its end, at most so long; where the caller is interrupted it waits no longer and stays interrupted. */
    static void interruptAndJoin(Thread thread, long millis) {
        thread.interrupt();
        try {
            thread.join(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
