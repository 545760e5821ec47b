package io.helmwatch.pipeline.live;

import io.helmwatch.pipeline.live.WatchRequest.Video;
import io.helmwatch.pipeline.live.WatchRequest.Wish;
import io.helmwatch.web.Relay;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What viewers watch of other nodes: one connection for each node and way of showing, however many watch. A stream that moves to another node is
 * followed there.
 *
 * <p>Threading: one thread.
 */
final class RelayedStreams {
    private final Relay relay;
    private final IntSupplier channels;
    private final Returned returned;
    private final Map<Key, RelayedLink> links = new HashMap<>();
    private final Map<LiveViewer, Map<String, Watched>> watched = new HashMap<>();

    /** A connection. */
    private record Key(String node, Wish wish) {}

    /** What a viewer watches of a stream; without a connection while no node has it. */
    private record Watched(Wish wish, @Nullable Key key) {}

    /** Takes back what a viewer watches once the stream is on this node. */
    interface Returned {
        /** Whether the stream is on this node now. */
        boolean isHere(String id);

        /** A viewer watches the stream here. */
        void watch(LiveViewer viewer, String id, Wish wish);
    }

    /**
     * Nothing is watched.
     *
     * @param channels gives each stream a channel
     */
    RelayedStreams(Relay relay, IntSupplier channels, Returned returned) {
        this.relay = relay;
        this.channels = channels;
        this.returned = returned;
    }

    /** Replaces what a viewer watches of other nodes. */
    void replace(LiveViewer viewer, Map<String, Wish> wishes) {
        Map<String, Watched> has = watched.computeIfAbsent(viewer, added -> new HashMap<>());
        Map.copyOf(has).forEach((id, one) -> {
            if (!one.wish().equals(wishes.get(id))) {
                leave(viewer, id, one);
                has.remove(id);
            }
        });
        wishes.forEach((id, wish) -> {
            if (!has.containsKey(id)) {
                join(viewer, id, wish, has);
            }
        });
        if (has.isEmpty()) {
            watched.remove(viewer);
        }
    }

    /** A viewer also watches a stream that has left this node. */
    void add(LiveViewer viewer, String id, Wish wish) {
        Map<String, Watched> has = watched.computeIfAbsent(viewer, added -> new HashMap<>());
        if (!has.containsKey(id)) {
            join(viewer, id, wish, has);
        }
    }

    private void join(LiveViewer viewer, String id, Wish wish, Map<String, Watched> has) {
        String node = relay.nodeOf(id);
        if (node == null) {
            has.put(id, new Watched(wish, null));
            viewer.send(LiveMessage.control(LiveTexts.stream(
                    0, id, Subscription.Mode.NONE, "", 0, 0, 0, "there is no such stream, or no node has it now")));
            return;
        }
        Key key = new Key(node, viewer.isJpegOnly() ? new Wish(Video.JPEG, false) : wish);
        has.put(id, new Watched(wish, key));
        RelayedLink link = links.computeIfAbsent(key, added -> new RelayedLink(node, key.wish()));
        link.add(viewer, id, channels.getAsInt());
        link.connect(relay, System.nanoTime());
    }

    private void leave(LiveViewer viewer, String id, Watched one) {
        Key key = one.key();
        RelayedLink link = key == null ? null : links.get(key);
        if (link != null && !link.remove(viewer, id)) {
            links.remove(key);
            link.close();
        }
    }

    /** Follows streams that have moved, and opens connections again; to be called about once a second. */
    void check() {
        Map.copyOf(watched)
                .forEach((viewer, streams) -> Map.copyOf(streams).forEach((id, one) -> {
                    Key key = one.key();
                    String node = relay.nodeOf(id);
                    if (returned.isHere(id)) {
                        leave(viewer, id, one);
                        streams.remove(id);
                        returned.watch(viewer, id, one.wish());
                    } else if (node != null && (key == null || !key.node().equals(node))) {
                        leave(viewer, id, one);
                        join(viewer, id, one.wish(), streams);
                    }
                }));
        watched.values().removeIf(Map::isEmpty);
        long now = System.nanoTime();
        links.values().forEach(link -> link.connect(relay, now));
    }

    /** Closes all connections. */
    void close() {
        links.values().forEach(RelayedLink::close);
        links.clear();
        watched.clear();
    }
}
