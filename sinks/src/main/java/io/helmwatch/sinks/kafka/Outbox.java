package io.helmwatch.sinks.kafka;

import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamStatus;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What waits to be sent. Detections are bounded: the oldest makes room, since consumers want to know what is, not what was.
 * Changes of state wait as long as they have to; only beyond {@link #STATUS_LIMIT}, those are let go that are not the last of
 * their stream.
 *
 * <p>Threading: any thread; the lock is held for a few moves only.
 */
final class Outbox {
    /** Waiting changes of state beyond which only the last of each stream is kept. */
    static final int STATUS_LIMIT = 10_000;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition arrived = lock.newCondition();
    private final ArrayDeque<FrameDetections> detections;
    private final ArrayDeque<StatusMessage> statuses = new ArrayDeque<>();
    private final Map<String, StatusMessage> latest = new HashMap<>();
    private final Map<String, StatusMessage> lastTaken = new HashMap<>();
    private final int capacity;
    private volatile int depth;
    private long wakeUps;

    Outbox(int capacity) {
        this.capacity = capacity;
        this.detections = new ArrayDeque<>(Math.min(capacity, 1_024));
    }

    /** A change of state on its way; compared by identity. */
    static final class StatusMessage {
        final StreamStatus status;

        StatusMessage(StreamStatus status) {
            this.status = status;
        }
    }

    /** Adds a frame's detections; returns whether the oldest had to make room. */
    boolean add(FrameDetections frame) {
        lock.lock();
        try {
            boolean full = detections.size() >= capacity;
            if (full) {
                detections.pollFirst();
            }
            detections.addLast(frame);
            changed();
            return full;
        } finally {
            lock.unlock();
        }
    }

    /** Puts back at the head what could not be sent; returns whether there was no room for it. */
    boolean giveBack(FrameDetections frame) {
        lock.lock();
        try {
            if (detections.size() >= capacity) {
                return true;
            }
            detections.addFirst(frame);
            changed();
            return false;
        } finally {
            lock.unlock();
        }
    }

    void add(StreamStatus status) {
        lock.lock();
        try {
            StatusMessage message = new StatusMessage(status);
            latest.put(status.stream(), message);
            statuses.addLast(message);
            if (statuses.size() > STATUS_LIMIT) {
                dropOvertaken();
            }
            changed();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Puts back at the head a change of state that did not arrive, unless a later one of its stream was taken since: sent
     * behind that, it would tell consumers the wrong state.
     *
     * @return whether it waits again
     */
    boolean giveBack(StatusMessage message) {
        lock.lock();
        try {
            if (!isSame(lastTaken.get(message.status.stream()), message)) {
                return false;
            }
            statuses.addFirst(message);
            changed();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Lets the last state of every stream be sent again. */
    void repeatLatest() {
        lock.lock();
        try {
            statuses.removeIf(this::isLatest);
            statuses.addAll(latest.values());
            changed();
        } finally {
            lock.unlock();
        }
    }

    /** The next change of state; null when none waits. */
    @Nullable
    StatusMessage pollStatus() {
        lock.lock();
        try {
            StatusMessage message = statuses.pollFirst();
            if (message != null) {
                lastTaken.put(message.status.stream(), message);
            }
            changed();
            return message;
        } finally {
            lock.unlock();
        }
    }

    /** The next frame's detections; null when none waits. */
    @Nullable
    FrameDetections pollDetections() {
        lock.lock();
        try {
            FrameDetections frame = detections.pollFirst();
            changed();
            return frame;
        } finally {
            lock.unlock();
        }
    }

    /** Returns when something waits, when woken, or after the time. */
    void await(long millis) throws InterruptedException {
        await(millis, true);
    }

    /** Returns when woken or after the time, whatever waits. */
    void pause(long millis) throws InterruptedException {
        await(millis, false);
    }

    private void await(long millis, boolean untilWaiting) throws InterruptedException {
        lock.lock();
        try {
            long seen = wakeUps;
            long nanos = TimeUnit.MILLISECONDS.toNanos(millis);
            while (nanos > 0 && wakeUps == seen && !(untilWaiting && depth > 0)) {
                nanos = arrived.awaitNanos(nanos);
            }
        } finally {
            lock.unlock();
        }
    }

    void wake() {
        lock.lock();
        try {
            wakeUps++;
            arrived.signalAll();
        } finally {
            lock.unlock();
        }
    }

    int depth() {
        return depth;
    }

    private boolean isLatest(StatusMessage message) {
        return isSame(latest.get(message.status.stream()), message);
    }

    private static boolean isSame(@Nullable StatusMessage one, StatusMessage other) {
        return one != null && one.equals(other);
    }

    private void dropOvertaken() {
        for (Iterator<StatusMessage> i = statuses.iterator(); i.hasNext(); ) {
            if (!isLatest(i.next())) {
                i.remove();
            }
        }
    }

    private void changed() {
        int before = depth;
        depth = detections.size() + statuses.size();
        if (depth > before) {
            arrived.signalAll();
        }
    }
}
