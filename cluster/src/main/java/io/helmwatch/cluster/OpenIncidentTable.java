package io.helmwatch.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.vision.NodeEpoch;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The incidents that are open anywhere in the cluster, as their topic has them. What is not an incident message is ignored.
 *
 * <p>Threading: {@link #put} by one thread, reading by any.
 */
public final class OpenIncidentTable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private record Open(String stream, NodeEpoch origin, byte[] message) {}

    private final Map<String, Open> open = new ConcurrentHashMap<>();
    /** Number of open incidents by stream, of those that have some. */
    private final Map<String, Integer> counts = new ConcurrentHashMap<>();

    /**
     * A message of the topic.
     *
     * @param message the incident's last message; null when it has ended
     */
    public void put(String incident, byte @Nullable [] message) {
        if (message == null) {
            remove(incident);
            return;
        }
        try {
            JsonNode fields = JSON.readTree(message);
            NodeEpoch origin = new NodeEpoch(
                    fields.path("node").asText(""), fields.path("epoch").asLong(0));
            remove(incident);
            Open added = new Open(fields.path("stream").asText(""), origin, message);
            open.put(incident, added);
            counts.merge(added.stream(), 1, Integer::sum);
        } catch (IOException e) {
            remove(incident);
        }
    }

    private void remove(String incident) {
        Open removed = open.remove(incident);
        if (removed != null) {
            counts.computeIfPresent(removed.stream(), (stream, count) -> count > 1 ? count - 1 : null);
        }
    }

    /** Number of a stream's open incidents. */
    public int count(String stream) {
        return counts.getOrDefault(stream, 0);
    }

    /** The last messages of a stream's open incidents that other nodes, or this one earlier, left to the node that takes it over now. */
    public List<byte[]> leftTo(NodeEpoch heir, String stream) {
        return open.values().stream()
                .filter(incident -> incident.stream().equals(stream))
                .filter(incident -> !incident.origin().node().equals(heir.node())
                        || incident.origin().epoch() < heir.epoch())
                .map(Open::message)
                .toList();
    }
}
