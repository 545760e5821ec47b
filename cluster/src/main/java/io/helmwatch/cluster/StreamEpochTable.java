package io.helmwatch.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.vision.NodeEpoch;
import io.helmwatch.vision.StreamOutage;
import io.helmwatch.vision.StreamReason;
import io.helmwatch.vision.StreamStatus;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The newest epoch of every stream and its last state, as the topic of stream states has them. A state with an older epoch than the newest is
 * ignored. What is not JSON is ignored too.
 *
 * <p>Threading: {@link #put} by one thread, reading by any.
 */
public final class StreamEpochTable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String OFFLINE = StreamStatus.State.OFFLINE.name().toLowerCase(Locale.ROOT);

    private final Map<String, NodeEpoch> newest = new ConcurrentHashMap<>();
    private final Map<String, StreamState> states = new ConcurrentHashMap<>();
    private final Map<String, OfflineCamera> offline = new ConcurrentHashMap<>();
    private final Map<String, StreamOutage> outages = new ConcurrentHashMap<>();

    /**
     * A message of the topic.
     *
     * @param state null for a stream that was removed; its epoch stays known
     */
    public void put(String stream, byte @Nullable [] state, Arrival arrival) {
        if (state == null) {
            states.remove(stream);
            offline.remove(stream);
            outages.remove(stream);
            return;
        }
        JsonNode message;
        try {
            message = JSON.readTree(state);
        } catch (IOException e) {
            return;
        }
        StreamState read = StreamState.of(message, arrival);
        NodeEpoch origin = read.origin();
        NodeEpoch known = newest.get(stream);
        if (known != null && (origin == null || origin.epoch() < known.epoch())) {
            return;
        }
        if (origin != null) {
            newest.put(stream, origin);
        }
        putOffline(stream, message, newest.get(stream));
        putOutage(stream, read);
        states.put(stream, read);
    }

    /** An outage lasts until the stream is online: being stopped, and started elsewhere, does not end it. */
    private void putOutage(String stream, StreamState state) {
        switch (state.state()) {
            case "offline", "failed" -> {
                StreamOutage known = outages.get(stream);
                outages.put(
                        stream,
                        new StreamOutage(
                                known == null ? state.changedMillis() : known.sinceMillis(),
                                state.publishedMillis(),
                                state.reason()));
            }
            case "online", "degraded" -> outages.remove(stream);
            default -> {}
        }
    }

    private void putOffline(String stream, JsonNode message, @Nullable NodeEpoch origin) {
        boolean isOffline = message.path("state").asText().equals(OFFLINE)
                && message.path("reasonCode").asText().equals(StreamReason.CONNECTION.code());
        OfflineCamera known = offline.get(stream);
        if (!isOffline || origin == null) {
            offline.remove(stream);
        } else if (known == null || !known.origin().equals(origin)) {
            offline.put(stream, new OfflineCamera(stream, origin, System.nanoTime()));
        }
    }

    /** The cameras whose nodes cannot connect to them. */
    public Collection<OfflineCamera> offline() {
        return List.copyOf(offline.values());
    }

    /** Since when a stream has been offline, on whichever nodes; null for one that was online last. */
    public @Nullable StreamOutage outage(String stream) {
        return outages.get(stream);
    }

    /** The nodes that say that they have a stream. */
    public Set<String> nodes(long nowMillis) {
        return newest.entrySet().stream()
                .filter(stream -> !isReleased(stream.getKey(), nowMillis))
                .map(stream -> stream.getValue().node())
                .collect(Collectors.toSet());
    }

    /** The newest epoch of a stream; null where none is known. */
    public @Nullable NodeEpoch newest(String stream) {
        return newest.get(stream);
    }

    /** Whether no node says that it has the stream: its state has expired, or there is none. */
    public boolean isReleased(String stream, long nowMillis) {
        StreamState state = states.get(stream);
        return state == null || state.isExpired(nowMillis);
    }

    /** The last state of a stream; null where there is none. */
    public @Nullable StreamState state(String stream) {
        return states.get(stream);
    }
}
