package io.helmwatch.pipeline.ring;

import com.lmax.disruptor.RingBuffer;
import io.helmwatch.ingest.FrameSource;
import io.helmwatch.pipeline.ring.stream.StreamEpochs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The streams of a pipeline, which come and go while it runs, and how they share the ring.
 *
 * <p>Threading: any thread.
 */
final class StreamFeeds {
    private static final long POLL_NANOS = 1_000_000;

    private final RingBuffer<FrameSlot> ring;
    private final int expected;
    private final StreamEpochs epochs;
    private final String device;
    private final PipelineListener listener;
    private final Map<String, StreamFeed> feeds = new ConcurrentSkipListMap<>();
    private boolean closed;

    /**
     * No streams.
     *
     * @param expected the number of streams that the ring is shared among at least
     */
    StreamFeeds(
            RingBuffer<FrameSlot> ring, int expected, StreamEpochs epochs, String device, PipelineListener listener) {
        this.ring = ring;
        this.expected = expected;
        this.epochs = epochs;
        this.device = device;
        this.listener = listener;
    }

    Collection<StreamFeed> all() {
        return feeds.values();
    }

    @Nullable
    StreamFeed find(String stream) {
        return feeds.get(stream);
    }

    synchronized void add(FrameSource source) {
        if (closed) {
            throw new IllegalStateException("stream " + source.id() + " cannot be added: the pipeline is closed");
        }
        if (feeds.containsKey(source.id())) {
            throw new IllegalArgumentException("stream id " + source.id() + " is used twice: ids must differ");
        }
        long epoch = epochs.next(source.id(), System.currentTimeMillis());
        StreamFeed feed = new StreamFeed(source, ring, shareOf(source, feeds.size() + 1), epoch, device);
        feeds.put(source.id(), feed);
        share();
        listener.onStreamAdded(feed);
        feed.start();
    }

    synchronized void remove(String stream) {
        StreamFeed feed = feeds.get(stream);
        if (feed == null || !feed.isDone()) {
            throw new IllegalStateException("stream " + stream + " cannot be removed: it has not ended");
        }
        feeds.remove(stream);
        share();
        listener.onStreamRemoved(feed);
    }

    boolean stopAndRemove(String stream, Duration timeout) throws InterruptedException {
        StreamFeed feed = feeds.get(stream);
        if (feed == null) {
            return true;
        }
        long deadline = System.nanoTime() + timeout.toNanos();
        feed.stop();
        if (!feed.awaitSource(timeout.toNanos())) {
            return false;
        }
        while (!feed.isDone()) {
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
            TimeUnit.NANOSECONDS.sleep(POLL_NANOS);
        }
        remove(stream);
        return true;
    }

    /** Gives every stream its share, after one was added or removed. */
    private void share() {
        feeds.values().forEach(feed -> feed.resizeShare(shareOf(feed.source(), feeds.size())));
    }

    /**
     * A live stream may hold twice its even share, so that one that floods leaves room for the others; a file leaves one slot of
     * its even share free, so that it waits for its own frames and not for the ring.
     */
    private int shareOf(FrameSource source, int streams) {
        int even = ring.getBufferSize() / Math.max(expected, streams);
        return source.isLive() ? Math.min(ring.getBufferSize(), Math.max(2, 2 * even)) : Math.max(1, even - 1);
    }

    void stop(String stream) {
        StreamFeed feed = feeds.get(stream);
        if (feed != null) {
            feed.stop();
        }
    }

    void stopAll() {
        feeds.values().forEach(StreamFeed::stop);
    }

    /** Waits until every stream has ended and all frames have left the ring. */
    void awaitAll() throws InterruptedException {
        for (StreamFeed feed : feeds.values()) {
            feed.awaitSource(Long.MAX_VALUE);
        }
        while (!feeds.values().stream().allMatch(StreamFeed::isDone)) {
            TimeUnit.NANOSECONDS.sleep(POLL_NANOS);
        }
    }

    void await(String stream) throws InterruptedException {
        StreamFeed feed = feeds.get(stream);
        if (feed != null) {
            feed.awaitSource(Long.MAX_VALUE);
            while (!feed.isDone()) {
                TimeUnit.NANOSECONDS.sleep(POLL_NANOS);
            }
        }
    }

    /** Refuses further streams and stops those that run; the ids of those that have not ended by the deadline. */
    synchronized List<String> close(long deadlineNanos) {
        closed = true;
        stopAll();
        boolean interrupted = false;
        List<String> late = new ArrayList<>();
        for (StreamFeed feed : feeds.values()) {
            try {
                if (!feed.awaitSource(deadlineNanos - System.nanoTime())) {
                    late.add(feed.id());
                }
            } catch (InterruptedException interrupt) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return late;
    }
}
