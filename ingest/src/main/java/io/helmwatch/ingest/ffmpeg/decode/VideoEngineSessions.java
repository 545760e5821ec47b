package io.helmwatch.ingest.ffmpeg.decode;

import java.util.concurrent.Semaphore;
import java.util.function.IntSupplier;

/**
 * How many decoders of this process use a GPU's video engines, and that they are opened one after another. Measured on an H200 with driver 580: from opening
 * the 299th session the driver never returned, and of 250 threads that opened theirs at once, those that waited kept eight cores busy inside the driver and
 * held up the decoders that were open; opening takes some 95 ms either way.
 *
 * <p>Threading: any thread.
 */
final class VideoEngineSessions {
    /** Well below what the driver bears; what is beyond is decoded on the CPU. */
    static final int MOST = 256;

    private final Semaphore free;
    private final Semaphore opening = new Semaphore(1, true);

    VideoEngineSessions(int most) {
        free = new Semaphore(most);
    }

    /** Takes a session; false when all are in use. */
    boolean take() {
        return free.tryAcquire();
    }

    /** Gives a session back. */
    void giveBack() {
        free.release();
    }

    /** Runs what may open a session once nobody else opens one; returns its result. */
    int open(IntSupplier call) {
        opening.acquireUninterruptibly();
        try {
            return call.getAsInt();
        } finally {
            opening.release();
        }
    }
}
