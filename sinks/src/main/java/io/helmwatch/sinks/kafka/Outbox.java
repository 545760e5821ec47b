package io.helmwatch.sinks.kafka;

import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamOwnership;
import io.helmwatch.vision.StreamStatus;
import java.util.ArrayDeque;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Messages to send. Detections are bounded: the oldest is dropped, since consumers need the current ones. State changes are kept until they are sent
 * ({@link StatusQueue}).
 *
 * <p>Threading: any thread; the lock is held for a few operations only.
 */
final class Outbox {
    private final ArrayDeque<FrameDetections> detections;
    private final StatusQueue statuses = new StatusQueue();
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

    /** Number of queued messages. */
    int depth() {
        return depth;
    }

    /** Adds a frame's detections; returns whether the oldest was dropped. */
    synchronized boolean add(FrameDetections frame) {
        boolean isFull = detections.size() >= capacity;
        if (isFull) {
            detections.pollFirst();
        }
        detections.addLast(frame);
        changed();
        return isFull;
    }

    /** Removes the next frame's detections; null when none is queued. */
    synchronized @Nullable FrameDetections pollDetections() {
        FrameDetections frame = detections.pollFirst();
        changed();
        return frame;
    }

    /** Returns an unsent frame to the head of the queue; returns whether it was dropped because the queue is full. */
    synchronized boolean giveBack(FrameDetections frame) {
        if (detections.size() >= capacity) {
            return true;
        }
        detections.addFirst(frame);
        changed();
        return false;
    }

    /** Adds a change of a stream's state. */
    synchronized void add(StreamStatus status) {
        statuses.add(StatusMessage.change(status, ownership.origin(status.stream())));
        changed();
    }

    /** Queues the removal of a stream, behind its states. */
    synchronized void remove(String stream, long atMillis) {
        statuses.remove(StatusMessage.removal(stream, atMillis, ownership.origin(stream)));
        changed();
    }

    /** Queues that the last state of a stream expires, behind its states; it is not renewed any more. */
    synchronized void release(String stream, long atMillis) {
        statuses.release(stream, atMillis);
        changed();
    }

    /** Removes the states of a stream; nothing more is sent of them. */
    synchronized void abandon(String stream) {
        statuses.abandon(stream);
        changed();
    }

    /** Queues the last state of every stream again, except where a message about it is queued. */
    synchronized void renew(StatusMessage.Reason reason, long atMillis) {
        statuses.renew(reason, atMillis);
        changed();
    }

    /** Queues the last state of every stream again, as it is. */
    synchronized void repeatLatest() {
        statuses.repeatLatest();
        changed();
    }

    /** The streams that have a state. */
    synchronized Set<String> streams() {
        return statuses.streams();
    }

    /** Removes the next state change; null when none is queued. */
    synchronized @Nullable StatusMessage pollStatus() {
        StatusMessage message = statuses.poll();
        changed();
        return message;
    }

    /**
     * Returns an undelivered state change to the head of the queue, unless a later one of its stream was polled since: sent after
     * that, it would give consumers the wrong state.
     *
     * @return whether it is queued again
     */
    synchronized boolean giveBack(StatusMessage message) {
        boolean isQueued = statuses.giveBack(message);
        changed();
        return isQueued;
    }

    /** A state change was acknowledged: a stream that was removed is forgotten. */
    synchronized void delivered(StatusMessage message) {
        statuses.delivered(message);
    }

    /** Returns when a message is queued, when woken, or after the given time. */
    synchronized void await(long millis) throws InterruptedException {
        long seen = wakeUps;
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (wakeUps == seen && depth == 0) {
            long left = until - System.nanoTime();
            if (left <= 0) {
                return;
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
    }

    /** Ends a call of {@link #await}. */
    synchronized void wake() {
        wakeUps++;
        notifyAll();
    }

    private void changed() {
        int before = depth;
        depth = detections.size() + statuses.size();
        if (depth > before) {
            notifyAll();
        }
    }
}
