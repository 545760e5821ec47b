package io.helmwatch.ingest.ffmpeg;

import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.javacpp.Pointer;

/**
 * Returns to the system what closed decoders freed. The C library keeps freed buffers of frames in its heaps, one per few threads, and
 * the next connection, on other threads, takes memory of its own: with every lost connection the process would grow, up to a plateau
 * that is far above what is in use.
 *
 * <p>Threading: any thread.
 */
final class FreedMemory {
    /** Walking through the heaps takes some milliseconds, during which other threads may have to wait for memory. */
    private static final long MIN_INTERVAL_NANOS = 10_000_000_000L;

    private static final AtomicLong NEXT = new AtomicLong(System.nanoTime());

    private FreedMemory() {}

    /** Returns it, at most once in ten seconds: a call in between does nothing, and the next one returns that memory too. */
    static void release() {
        long now = System.nanoTime();
        long next = NEXT.get();
        if (now - next >= 0 && NEXT.compareAndSet(next, now + MIN_INTERVAL_NANOS)) {
            releaseNow();
        }
    }

    /** Returns it, whenever it was last returned. */
    static void releaseNow() {
        Pointer.trimMemory();
    }
}
