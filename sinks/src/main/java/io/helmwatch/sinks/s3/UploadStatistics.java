package io.helmwatch.sinks.s3;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;

/** Numbers of uploads since the start, and what waits. Threading: any thread. */
public final class UploadStatistics {
    private final UploadQueue queue;
    private final LongAdder stored = new LongAdder();
    private final LongAdder storedBytes = new LongAdder();
    private final LongAdder rejected = new LongAdder();
    private final LongAdder missing = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final LongAdder deleted = new LongAdder();
    private final AtomicBoolean isAccepting = new AtomicBoolean(true);

    UploadStatistics(UploadQueue queue) {
        this.queue = queue;
    }

    void accept() {
        isAccepting.set(true);
    }

    /** Counts files that the queue did not take; true for the first since it took one. */
    boolean refuse(int files) {
        refused.add(files);
        return isAccepting.getAndSet(false);
    }

    void store(long bytes) {
        stored.increment();
        storedBytes.add(bytes);
    }

    void reject() {
        rejected.increment();
    }

    void miss() {
        missing.increment();
    }

    void fail() {
        failures.increment();
    }

    void delete(int objects) {
        deleted.add(objects);
    }

    /** Files that the storage has taken. */
    public long stored() {
        return stored.sum();
    }

    /** Bytes that the storage has taken. */
    public long storedBytes() {
        return storedBytes.sum();
    }

    /** Files that the storage will never take, or whose content is not what it was. */
    public long rejected() {
        return rejected.sum();
    }

    /** Files that were deleted before they were uploaded. */
    public long missing() {
        return missing.sum();
    }

    /** Files that were not accepted because the queue or the disk was full. */
    public long refused() {
        return refused.sum();
    }

    /** Attempts that failed. */
    public long failures() {
        return failures.sum();
    }

    /** Objects deleted because of their age. */
    public long deleted() {
        return deleted.sum();
    }

    /** Files that wait. */
    public long waiting() {
        return queue.waiting();
    }

    /** Size of the files that wait. */
    public long waitingBytes() {
        return queue.waitingBytes();
    }

    /** Since when the file that is next waits, milliseconds since 1970 UTC; 0 where none waits. */
    public long oldestWaitingMillis() {
        return queue.oldestMillis();
    }
}
