package io.helmwatch.sinks;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helmwatch.resource.ConstantName;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.NodeEpoch;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * A message about an incident that {@link IncidentJson} wrote earlier, perhaps in another process or an earlier version: what it says, and the messages
 * that are derived from it. Fields that are not known keep their place and their content.
 *
 * <p>Threading: any thread.
 */
public final class WrittenIncident {
    private static final String NODE = "node";
    private static final String EPOCH = "epoch";

    /** Numbers keep the decimals with which they were written. */
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private WrittenIncident() {}

    /**
     * The end of an incident whose process ended before it could send one, derived from the last message that it recorded.
     *
     * @param last that message
     * @param revision the revision of the end message
     * @param recordedAtMillis the current time
     * @throws UncheckedIOException when {@code last} is not an incident message
     */
    public static PendingEvent interrupted(byte[] last, int revision, long recordedAtMillis) {
        return ended(last, revision, Incident.EndReason.INTERRUPTED, null, recordedAtMillis);
    }

    /**
     * The end of an incident whose node is gone, by the node that took the stream over.
     *
     * @param last the last message that the lost node published
     * @param origin the node that ends it
     * @param recordedAtMillis the current time
     * @throws UncheckedIOException when {@code last} is not an incident message
     */
    public static PendingEvent nodeLost(byte[] last, NodeEpoch origin, long recordedAtMillis) {
        try {
            int revision = MAPPER.readTree(last).path("revision").asInt() + 1;
            return ended(last, revision, Incident.EndReason.NODE_LOST, origin, recordedAtMillis);
        } catch (IOException e) {
            throw new UncheckedIOException("recorded message is not an incident: " + e.getMessage(), e);
        }
    }

    /**
     * An end message that is about to be published.
     *
     * @param id the message's id
     * @param incident the incident's id
     * @param stream the stream's id
     * @param value the JSON
     */
    public record PendingEvent(String id, String incident, String stream, byte[] value) {}

    /** The node that a message names; null where it names none, and for what is not a message. */
    public static @Nullable NodeEpoch origin(byte[] message) {
        try {
            JsonNode fields = MAPPER.readTree(message);
            return fields.has(EPOCH)
                    ? new NodeEpoch(
                            fields.path(NODE).asText(""), fields.path(EPOCH).asLong())
                    : null;
        } catch (IOException e) {
            return null;
        }
    }

    /** Whether a message is about an incident that has ended, or is no message. */
    public static boolean hasEnded(byte[] message) {
        try {
            return MAPPER.readTree(message).has("endReason");
        } catch (IOException e) {
            return true;
        }
    }

    /**
     * A message that says of itself that another node has taken its stream over since.
     *
     * @throws UncheckedIOException when it is not an incident message
     */
    public static byte[] superseded(byte[] message) {
        try {
            if (!(MAPPER.readTree(message) instanceof ObjectNode marked)) {
                throw new IOException("expected an incident message");
            }
            return MAPPER.writeValueAsBytes(marked.put("superseded", true));
        } catch (IOException e) {
            throw new UncheckedIOException("recorded message is not an incident: " + e.getMessage(), e);
        }
    }

    /**
     * An end that is made of the last message that is known. There may be a later one, whose id it must not have, since consumers drop repeats; whoever makes
     * the end of the same message gives it the same id.
     */
    private static PendingEvent ended(
            byte[] last, int revision, Incident.EndReason reason, @Nullable NodeEpoch origin, long recordedAtMillis) {
        try {
            if (!(MAPPER.readTree(last) instanceof ObjectNode message)
                    || !message.path("incident").isTextual()) {
                throw new IOException("expected an incident message");
            }
            ObjectNode end = MAPPER.createObjectNode();
            message.properties().forEach(field -> {
                end.set(field.getKey(), field.getValue());
                if (field.getKey().equals("lastAt")) {
                    end.set("endedAt", field.getValue());
                } else if (field.getKey().equals("ptsMillis")) {
                    end.put("endReason", ConstantName.of(reason));
                }
            });
            String incident = message.path("incident").textValue();
            String id = incident + "/" + revision + "/" + message.path(EPOCH).asLong(0);
            end.put("id", id);
            end.put("revision", revision);
            end.put("phase", ConstantName.of(Incident.Phase.END));
            end.put("recordedAt", EventTime.format(recordedAtMillis));
            end.set("positions", MAPPER.createArrayNode());
            end.remove("snapshot");
            end.remove("clip");
            if (origin != null) {
                end.put(NODE, origin.node());
                end.put(EPOCH, origin.epoch());
            }
            return new PendingEvent(id, incident, message.path("stream").asText(), MAPPER.writeValueAsBytes(end));
        } catch (IOException e) {
            throw new UncheckedIOException("recorded message is not an incident: " + e.getMessage(), e);
        }
    }
}
