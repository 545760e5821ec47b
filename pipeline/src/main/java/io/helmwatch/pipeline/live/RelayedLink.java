package io.helmwatch.pipeline.live;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helmwatch.config.http.Role;
import io.helmwatch.pipeline.live.WatchRequest.Wish;
import io.helmwatch.web.Relay;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The connection to another node for all viewers that wish its streams in the same way: each stream crosses the network once. Messages pass on with
 * the channel that the stream has here.
 *
 * <p>Threading: messages on the relay's threads, viewers come and go on the thread of {@link RelayedStreams}; all under a lock, under which viewers
 * are sent to as well, so that who joins gets what comes before in order. Nobody takes this lock who holds that of {@link LiveStreams}.
 */
final class RelayedLink implements Relay.Receiver {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final long FIRST_PAUSE_NANOS = 1_000_000_000L;
    private static final long LONGEST_PAUSE_NANOS = 10_000_000_000L;
    /** The other node sends a ping every 15 s. */
    private static final long SILENCE_NANOS = 40_000_000_000L;

    private static final String CHANNEL = "channel";

    private final String node;
    private final Wish wish;
    private final Map<String, RelayedStream> byId = new HashMap<>();
    /** By the channel that the other node has given them. */
    private final Map<Integer, RelayedStream> byChannel = new HashMap<>();

    private Relay.@Nullable Link link;
    private String problem = "";
    private long pauseNanos = FIRST_PAUSE_NANOS;
    private long closedNanos;
    private long heardNanos;

    RelayedLink(String node, Wish wish) {
        this.node = node;
        this.wish = wish;
    }

    /**
     * Adds a viewer of a stream; it gets what it needs to start in the middle.
     *
     * @param channel of the stream, where nobody watches it yet
     */
    synchronized void add(LiveViewer viewer, String id, int channel) {
        RelayedStream stream = byId.computeIfAbsent(id, added -> new RelayedStream(id, channel));
        if (!stream.viewers.contains(viewer)) {
            stream.viewers.add(viewer);
            stream.sendStart(viewer, "asking node " + node);
        }
        sendWish();
    }

    /** A viewer no longer watches a stream; returns whether anybody watches anything. */
    synchronized boolean remove(LiveViewer viewer, String id) {
        RelayedStream stream = byId.get(id);
        if (stream != null) {
            stream.viewers.remove(viewer);
            if (stream.viewers.isEmpty()) {
                byId.remove(id);
                byChannel.values().remove(stream);
                sendWish();
            }
        }
        return !byId.isEmpty();
    }

    /** Connects where there is no connection, some time after the last one ended; a connection on which nothing is heard is ended. */
    void connect(Relay relay, long nowNanos) {
        Relay.Link silent = null;
        synchronized (this) {
            if (link != null && nowNanos - heardNanos > SILENCE_NANOS) {
                silent = link;
            }
        }
        if (silent != null) {
            silent.close();
        }
        synchronized (this) {
            boolean isDue = problem.isEmpty() || nowNanos - closedNanos >= pauseNanos;
            if (link != null || !isDue) {
                return;
            }
        }
        boolean isJpegOnly = wish.video() == WatchRequest.Video.JPEG;
        Relay.Link opened = relay.connect(node, new Relay.Sender("", Role.VIEWER, isJpegOnly), this);
        synchronized (this) {
            if (problem.isEmpty() || closedNanos - nowNanos < 0) {
                link = opened;
                heardNanos = nowNanos;
                sendWish();
            }
        }
    }

    private void sendWish() {
        Relay.Link open = link;
        if (open == null) {
            return;
        }
        ObjectNode request = MAPPER.createObjectNode().put("type", "watch");
        ArrayNode streams = request.putArray("streams");
        byId.keySet()
                .forEach(id -> streams.addObject()
                        .put("id", id)
                        .put("video", wish.video().name().toLowerCase(Locale.ROOT))
                        .put("hevc", wish.hevc()));
        open.send(request.toString());
    }

    @Override
    public synchronized void alive() {
        heardNanos = System.nanoTime();
    }

    @Override
    public synchronized void text(String message) {
        alive();
        JsonNode read;
        try {
            read = MAPPER.readTree(message);
        } catch (JsonProcessingException e) {
            return;
        }
        if (!(read instanceof ObjectNode fields)) {
            return;
        }
        switch (fields.path("type").asText()) {
            case "stream" -> {
                RelayedStream stream = byId.get(fields.path("id").asText());
                if (stream != null) {
                    pauseNanos = FIRST_PAUSE_NANOS;
                    byChannel.values().remove(stream);
                    byChannel.put(fields.path(CHANNEL).asInt(), stream);
                    stream.announce(LiveMessage.control(
                            fields.put(CHANNEL, stream.channel).toString()));
                }
            }
            case "frame" -> {
                RelayedStream stream = byChannel.get(fields.path(CHANNEL).asInt());
                if (stream != null) {
                    stream.send(LiveMessage.frame(
                            stream.channel, fields.put(CHANNEL, stream.channel).toString()));
                }
            }
            case "state" -> state(fields);
            case "states" -> fields.path("states").forEach(this::state);
            default -> {
                // Incidents come from their topic.
            }
        }
    }

    /** The node knows the rates of its streams, which no topic has. */
    private void state(JsonNode fields) {
        RelayedStream stream = byId.get(fields.path("id").asText());
        if (stream != null) {
            stream.send(LiveMessage.control(fields.toString()));
        }
    }

    @Override
    public synchronized void binary(ByteBuffer message) {
        alive();
        if (message.remaining() < LiveMessage.HEADER_BYTES) {
            return;
        }
        RelayedStream stream = byChannel.get(LiveMessage.channel(message));
        if (stream != null) {
            LiveMessage relayed = LiveMessage.relayed(message, stream.channel);
            if (relayed != null) {
                stream.video(relayed);
            }
        }
    }

    @Override
    public synchronized void closed(String reason) {
        problem = reason;
        closedNanos = System.nanoTime();
        pauseNanos = Math.min(LONGEST_PAUSE_NANOS, 2 * pauseNanos);
        link = null;
        byChannel.clear();
        byId.values().forEach(stream -> stream.pause("node " + node + ": " + reason));
    }

    /** Closes the connection. */
    void close() {
        Relay.Link open;
        synchronized (this) {
            open = link;
            byId.clear();
        }
        if (open != null) {
            open.close();
        }
    }
}
