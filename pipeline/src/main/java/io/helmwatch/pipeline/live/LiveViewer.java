package io.helmwatch.pipeline.live;

import io.helmwatch.pipeline.live.LiveMessage.Kind;
import io.helmwatch.web.LiveVideo;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One viewer: what it watches and what is on its way to it. Messages wait in a bounded queue; beyond the bound all waiting video and frame
 * data is dropped, and each stream continues with its next key frame. A waiting JPEG gives way to a newer one of the same stream. One message
 * at a time is in the hands of the network.
 *
 * <p>Threading: any thread; nobody waits for the network.
 */
final class LiveViewer implements LiveVideo.Viewer {
    static final long MAX_QUEUED_BYTES = 8L << 20;
    private static final int MAX_QUEUED_MESSAGES = 2_000;

    private final LiveVideo.Connection connection;
    private final LiveStreams streams;
    private final AtomicInteger pumping = new AtomicInteger();

    private final Object lock = new Object();
    private final ArrayDeque<LiveMessage> queue = new ArrayDeque<>();
    /** Channels whose fragments are dropped up to the next key frame. */
    private final Set<Integer> awaitsKeyFrame = new HashSet<>();

    private long queuedBytes;
    private boolean sending;
    private long sendingSinceNanos;
    private boolean closed;
    private long dropped;

    /** What is watched, by stream; guarded by {@link LiveStreams}. */
    final Map<String, Subscription> subscriptions = new HashMap<>();

    LiveViewer(LiveVideo.Connection connection, LiveStreams streams) {
        this.connection = connection;
        this.streams = streams;
    }

    /** Whether the viewer gets JPEG frames only. */
    boolean isJpegOnly() {
        return connection.isJpegOnly();
    }

    /** Whether the viewer is another node. */
    boolean isNode() {
        return connection.isNode();
    }

    @Override
    public void received(String message) {
        WatchRequest request;
        try {
            request = WatchRequest.parse(message);
        } catch (IllegalArgumentException e) {
            close(String.valueOf(e.getMessage()));
            return;
        }
        streams.watch(this, request);
    }

    @Override
    public void closed() {
        synchronized (lock) {
            closed = true;
            queue.clear();
            queuedBytes = 0;
        }
        streams.left(this);
    }

    /** Ends the connection. */
    void close(String reason) {
        closed();
        connection.close(reason);
    }

    /** Queues a message and sends what can be sent; never waits. */
    void send(LiveMessage message) {
        boolean overrun;
        synchronized (lock) {
            if (closed) {
                return;
            }
            overrun = !enqueue(message);
        }
        if (overrun) {
            close("too slow: " + MAX_QUEUED_MESSAGES + " messages wait");
        } else {
            pump();
        }
    }

    /** Returns false when not even states fit. */
    private boolean enqueue(LiveMessage message) {
        Integer channel = message.channel();
        if (message.kind() == Kind.FRAGMENT && awaitsKeyFrame.contains(channel)) {
            if (!message.startsDecoding()) {
                dropped++;
                return true;
            }
            awaitsKeyFrame.remove(channel);
        }
        if (message.kind() == Kind.JPEG) {
            removeIf(waiting -> waiting.kind() == Kind.JPEG && waiting.channel() == message.channel());
        }
        if (queuedBytes + message.size() > MAX_QUEUED_BYTES || queue.size() >= MAX_QUEUED_MESSAGES) {
            fallBehind();
            if (message.kind() == Kind.FRAGMENT && !message.startsDecoding()) {
                awaitsKeyFrame.add(channel);
                dropped++;
                return true;
            }
            if (queue.size() >= MAX_QUEUED_MESSAGES) {
                return false;
            }
        }
        queue.add(message);
        queuedBytes += message.size();
        return true;
    }

    /** Drops video and frame data of all streams. */
    private void fallBehind() {
        for (LiveMessage waiting : queue) {
            if (waiting.kind() == Kind.FRAGMENT) {
                awaitsKeyFrame.add(waiting.channel());
            }
        }
        removeIf(waiting ->
                waiting.kind() == Kind.FRAGMENT || waiting.kind() == Kind.JPEG || waiting.kind() == Kind.FRAME);
    }

    private void removeIf(Predicate<LiveMessage> condition) {
        Iterator<LiveMessage> all = queue.iterator();
        while (all.hasNext()) {
            LiveMessage waiting = all.next();
            if (condition.test(waiting)) {
                all.remove();
                queuedBytes -= waiting.size();
                dropped++;
            }
        }
    }

    /** Sends until one message is under way or none is left; also when it is sent within the call. */
    private void pump() {
        if (pumping.getAndIncrement() != 0) {
            return;
        }
        int rounds = 1;
        do {
            LiveMessage next = next();
            while (next != null) {
                hand(next);
                next = next();
            }
            rounds = pumping.addAndGet(-rounds);
        } while (rounds != 0);
    }

    private @Nullable LiveMessage next() {
        synchronized (lock) {
            if (sending || closed) {
                return null;
            }
            LiveMessage next = queue.poll();
            if (next != null) {
                queuedBytes -= next.size();
                sending = true;
                sendingSinceNanos = System.nanoTime();
            }
            return next;
        }
    }

    private void hand(LiveMessage message) {
        try {
            String text = message.text();
            if (text != null) {
                connection.send(text, this::sent);
            } else {
                connection.send(message.bytes(), this::sent);
            }
        } catch (RuntimeException e) {
            sent(e);
        }
    }

    private void sent(@Nullable Throwable failure) {
        synchronized (lock) {
            sending = false;
        }
        if (failure == null) {
            pump();
        } else {
            close("connection broken");
        }
    }

    /** For how long the network has not taken a message, nanoseconds; 0 when none is under way. */
    long stuckNanos(long now) {
        synchronized (lock) {
            return sending && !closed ? now - sendingSinceNanos : 0;
        }
    }

    /** Messages dropped because the viewer was too slow. */
    long dropped() {
        synchronized (lock) {
            return dropped;
        }
    }
}
