package io.helmwatch.sinks.kafka;

import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.NodeEpoch;
import io.helmwatch.vision.StreamOwnership;
import io.helmwatch.vision.StreamStatus;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Queue of messages to send. Detections are bounded: the oldest is dropped, since consumers need the current ones. State changes are
 * kept until they are sent; beyond {@link #STATUS_LIMIT} only the last of each stream is kept.
 *
 * <p>Threading: any thread; the lock is held for a few operations only.
 */
final class Outbox {
    /** Queued state changes beyond which only the last of each stream is kept. */
    static final int STATUS_LIMIT = 10_000;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition arrived = lock.newCondition();
    private final ArrayDeque<FrameDetections> detections;
    private final ArrayDeque<StatusMessage> statuses = new ArrayDeque<>();
    private final Map<String, StatusMessage> latest = new HashMap<>();
    private final Map<String, StatusMessage> lastPolled = new HashMap<>();
    private final int capacity;
    private final StreamOwnership ownership;
    private volatile int depth;
    private long wakeUps;

    Outbox(int capacity) {
        this(capacity, StreamOwnership.NONE);
    }

    /**
     * An empty queue.
     *
     * @param ownership what states are stamped with
     */
    Outbox(int capacity, StreamOwnership ownership) {
        this.capacity = capacity;
        this.ownership = ownership;
        this.detections = new ArrayDeque<>(Math.min(capacity, 1_024));
    }

    /** Why a state is sent. */
    enum Reason {
        /** The stream changed its state. */
        CHANGE,
        /** The state continues. */
        RENEWAL,
        /** This process stops watching the stream: the state expires at once. */
        RELEASE,
        /** The stream no longer exists. */
        REMOVAL
    }

    /** A message about a stream's state; compared by identity. */
    static final class StatusMessage {
        final Reason reason;
        final String stream;
        /** Null for a removal. */
        final @Nullable StreamStatus status;
        /** When the state was changed, renewed, released or removed; milliseconds since 1970. */
        final long atMillis;
        /** The node that has the stream; null without a cluster. */
        final @Nullable NodeEpoch origin;

        private StatusMessage(
                Reason reason,
                String stream,
                @Nullable StreamStatus status,
                long atMillis,
                @Nullable NodeEpoch origin) {
            this.reason = reason;
            this.stream = stream;
            this.status = status;
            this.atMillis = atMillis;
            this.origin = origin;
        }
    }

    /** Adds a frame's detections; returns whether the oldest was dropped. */
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

    /** Returns an unsent frame to the head of the queue; returns whether it was dropped because the queue is full. */
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
            StatusMessage message = new StatusMessage(
                    Reason.CHANGE, status.stream(), status, status.atMillis(), ownership.origin(status.stream()));
            latest.put(status.stream(), message);
            statuses.addLast(message);
            if (statuses.size() > STATUS_LIMIT) {
                dropSuperseded();
            }
            changed();
        } finally {
            lock.unlock();
        }
    }

    /** Queues the removal of a stream, behind its states. */
    void remove(String stream, long atMillis) {
        lock.lock();
        try {
            latest.remove(stream);
            statuses.addLast(new StatusMessage(Reason.REMOVAL, stream, null, atMillis, ownership.origin(stream)));
            changed();
        } finally {
            lock.unlock();
        }
    }

    /** Queues that the last state of a stream expires, behind its states; it is not renewed any more. */
    void release(String stream, long atMillis) {
        lock.lock();
        try {
            StatusMessage last = latest.remove(stream);
            if (last != null) {
                statuses.addLast(new StatusMessage(Reason.RELEASE, stream, last.status, atMillis, last.origin));
                changed();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Removes the states of a stream; nothing more is sent of them. */
    void abandon(String stream) {
        lock.lock();
        try {
            latest.remove(stream);
            lastPolled.remove(stream);
            statuses.removeIf(message -> message.stream.equals(stream));
            changed();
        } finally {
            lock.unlock();
        }
    }

    /** Queues the last state of every stream again, except where a message about it is queued. */
    void renew(Reason reason, long atMillis) {
        lock.lock();
        try {
            Set<String> queued = new HashSet<>();
            statuses.forEach(message -> queued.add(message.stream));
            for (Map.Entry<String, StatusMessage> entry : latest.entrySet()) {
                if (!queued.contains(entry.getKey())) {
                    StatusMessage last = entry.getValue();
                    StatusMessage renewal =
                            new StatusMessage(reason, entry.getKey(), last.status, atMillis, last.origin);
                    entry.setValue(renewal);
                    statuses.addLast(renewal);
                }
            }
            changed();
        } finally {
            lock.unlock();
        }
    }

    /** The streams that have a state. */
    Set<String> streams() {
        lock.lock();
        try {
            return Set.copyOf(latest.keySet());
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns an undelivered state change to the head of the queue, unless a later one of its stream was polled since: sent after
     * that, it would give consumers the wrong state.
     *
     * @return whether it is queued again
     */
    boolean giveBack(StatusMessage message) {
        lock.lock();
        try {
            if (!isSame(lastPolled.get(message.stream), message)) {
                return false;
            }
            statuses.addFirst(message);
            changed();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** A state change was acknowledged: a stream that was removed is forgotten. */
    void delivered(StatusMessage message) {
        if (message.reason == Reason.REMOVAL || message.reason == Reason.RELEASE) {
            lock.lock();
            try {
                lastPolled.remove(message.stream, message);
            } finally {
                lock.unlock();
            }
        }
    }

    /** Queues the last state of every stream again. */
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

    /** Removes the next state change; null when none is queued. */
    @Nullable
    StatusMessage pollStatus() {
        lock.lock();
        try {
            StatusMessage message = statuses.pollFirst();
            if (message != null) {
                lastPolled.put(message.stream, message);
            }
            changed();
            return message;
        } finally {
            lock.unlock();
        }
    }

    /** Removes the next frame's detections; null when none is queued. */
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

    /** Returns when a message is queued, when woken, or after the given time. */
    void await(long millis) throws InterruptedException {
        lock.lock();
        try {
            long seen = wakeUps;
            long nanos = TimeUnit.MILLISECONDS.toNanos(millis);
            while (nanos > 0 && wakeUps == seen && depth == 0) {
                nanos = arrived.awaitNanos(nanos);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Ends a call of {@link #await}. */
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
        return isSame(latest.get(message.stream), message);
    }

    private static boolean isSame(@Nullable StatusMessage one, StatusMessage other) {
        return one != null && one.equals(other);
    }

    private void dropSuperseded() {
        for (Iterator<StatusMessage> i = statuses.iterator(); i.hasNext(); ) {
            StatusMessage message = i.next();
            boolean isChange = message.reason != Reason.REMOVAL && message.reason != Reason.RELEASE;
            if (isChange && !isLatest(message)) {
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
