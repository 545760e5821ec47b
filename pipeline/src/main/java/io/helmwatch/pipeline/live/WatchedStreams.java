package io.helmwatch.pipeline.live;

import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.pipeline.live.WatchRequest.Wish;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The streams of this node that somebody watches. A stream is worked on from its first subscription until its last one is gone.
 *
 * <p>Threading: subscriptions of a viewer are changed by one thread at a time; {@link #get} by any, without a lock.
 */
final class WatchedStreams {
    private static final int LAST_CHANNEL = 0xffff;

    private final LiveSources sources;
    private final TrackingConfig tracking;
    /** Changed as a whole, so that the pipeline reads it without a lock; empty while nobody watches. */
    private volatile Map<String, LiveStream> streams = Map.of();

    private int lastChannel;

    /**
     * @param sources where streams are found
     * @param tracking which labels are helmets and bare heads
     */
    WatchedStreams(LiveSources sources, TrackingConfig tracking) {
        this.sources = sources;
        this.tracking = tracking;
    }

    /** A number for the messages of a stream, which no stream of the last minutes had. */
    synchronized int nextChannel() {
        lastChannel = lastChannel % LAST_CHANNEL + 1;
        return lastChannel;
    }

    int size() {
        return streams.size();
    }

    /** A stream that is watched; null for the others. */
    @Nullable
    LiveStream get(String id) {
        return streams.get(id);
    }

    /** All that are watched at the moment. */
    List<LiveStream> all() {
        return List.copyOf(streams.values());
    }

    /** Shows a stream to a viewer, or shows it in another way; one that is not there the viewer is told about. */
    synchronized void subscribe(LiveViewer viewer, String id, Wish wish) {
        LiveStream stream = streams.get(id);
        Subscription known = viewer.subscriptions.get(id);
        if (known != null) {
            if (!known.wish.equals(wish) && stream != null) {
                known.wish = wish;
                stream.changed();
            }
            return;
        }
        if (sources.find(id) == null) {
            viewer.send(LiveMessage.control(LiveTexts.stream(
                    0, id, Subscription.Mode.NONE, "", 0, 0, 0, "there is no such stream, or it is not running")));
            return;
        }
        Subscription added = new Subscription(viewer, wish);
        viewer.subscriptions.put(id, added);
        if (stream == null) {
            stream = new LiveStream(id, nextChannel(), sources, tracking);
            stream.add(added);
            Map<String, LiveStream> extended = new HashMap<>(streams);
            extended.put(id, stream);
            streams = Map.copyOf(extended);
            stream.start();
        } else {
            stream.add(added);
        }
    }

    /** Shows a stream to a viewer no longer; the last one ends the work on it. */
    synchronized void unsubscribe(String id, Subscription subscription) {
        LiveStream stream = streams.get(id);
        if (stream == null) {
            return;
        }
        stream.remove(subscription);
        if (!stream.isWatched()) {
            Map<String, LiveStream> reduced = new HashMap<>(streams);
            reduced.remove(id);
            streams = Map.copyOf(reduced);
            stream.stop();
        }
    }
}
