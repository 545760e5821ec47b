package io.helmwatch.resource;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Whether the owner of a thread is being closed, and until when the thread may still finish its work.
 *
 * <p>Threading: any.
 */
public final class CloseDeadline {
    private final CountDownLatch started = new CountDownLatch(1);
    private volatile long byNanos;

    /** A deadline of an owner that is not being closed. */
    public CloseDeadline() {}

    /**
     * Closing starts; the first call counts.
     *
     * @param time how long the thread may still work
     * @return whether this was the first call
     */
    public synchronized boolean start(Duration time) {
        if (isStarted()) {
            return false;
        }
        byNanos = System.nanoTime() + time.toNanos();
        started.countDown();
        return true;
    }

    /** Whether the owner is being closed. */
    public boolean isStarted() {
        return started.getCount() == 0;
    }

    /** Whether the owner is being closed and the time is up. */
    public boolean isPast() {
        return isStarted() && System.nanoTime() - byNanos >= 0;
    }

    /** What is left of the time; zero when it is up, and while the owner is not being closed. */
    public Duration remaining() {
        return isStarted() ? Duration.ofNanos(Math.max(0, byNanos - System.nanoTime())) : Duration.ZERO;
    }

    /** Pauses, at most until closing starts. */
    public void pause(Duration time) throws InterruptedException {
        started.await(time.toNanos(), TimeUnit.NANOSECONDS);
    }
}
