package io.helmwatch.pipeline.ring;

import io.helmwatch.pipeline.ring.stream.StreamState;
import io.helmwatch.vision.StreamReason;
import io.helmwatch.vision.StreamStatus;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The states of a stream on their way into the ring, in the order in which they were found. Those of the source wait for a slot, those of the
 * analysis never do.
 *
 * <p>Threading: {@link #onSource} on the source's thread, {@link #onAnalysis} on one other, {@link #state} is read by any.
 */
final class StatePublication {
    private static final Logger LOG = LoggerFactory.getLogger(StatePublication.class);

    private final StreamFeed feed;
    private final RingShare share;
    private final StreamState state;
    /** Whether the source's thread is publishing a state, which those of the analysis must not overtake. */
    private volatile boolean isPublishing;
    /** A state of the analysis that did not fit into the ring yet; owned by its thread. */
    private @Nullable StreamStatus unpublished;

    StatePublication(StreamFeed feed, RingShare share) {
        this.feed = feed;
        this.share = share;
        state = new StreamState(feed.id(), System.currentTimeMillis());
    }

    StreamState state() {
        return state;
    }

    /** Publishes what the source reports; waits for a slot, also on live streams. */
    void onSource(StreamStatus reported) {
        isPublishing = true;
        try {
            StreamStatus change = state.onSource(reported);
            if (change != null) {
                log(change);
                share.put(feed, change);
            }
        } finally {
            isPublishing = false;
        }
    }

    /**
     * Publishes that frames are not analysed, or that they are again. While the ring is full or the source publishes a state, the next call
     * decides.
     *
     * @return whether the stream's state changed
     */
    boolean onAnalysis(StreamReason code, String problem) {
        if (isPublishing) {
            return false;
        }
        StreamStatus change = state.onAnalysis(code, problem, System.currentTimeMillis());
        if (change != null) {
            log(change);
            unpublished = change;
        }
        StreamStatus next = unpublished;
        if (next != null && (next.state() != state.current().state() || share.offer(feed, next))) {
            unpublished = null;
        }
        return change != null;
    }

    private static void log(StreamStatus change) {
        String name = change.state().name().toLowerCase(Locale.ROOT);
        String reason = change.reason().isEmpty() ? "" : ": " + change.reason();
        switch (change.state()) {
            case STARTING, ONLINE, ENDED -> LOG.info("Stream {} {}{}", change.stream(), name, reason);
            case DEGRADED, OFFLINE, FAILED -> LOG.warn("Stream {} {}{}", change.stream(), name, reason);
        }
    }
}
