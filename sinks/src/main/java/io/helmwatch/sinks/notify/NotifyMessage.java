package io.helmwatch.sinks.notify;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helmwatch.sinks.EventTime;
import io.helmwatch.sinks.spool.SpooledEvent;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * A message to be delivered: of an incident (the JSON of the events topic), of a stream that is offline or back, of a node of the cluster that is
 * lost or back, or a test.
 *
 * @param id the same for every attempt, by which receivers drop repeats
 * @param type what it reports
 * @param stream the stream's id, or the node's name; empty for a test
 * @param value the JSON, the same bytes for every attempt
 * @param json the same, read
 */
public record NotifyMessage(String id, Type type, String stream, byte[] value, JsonNode json) {
    /** Value of {@code schema} of messages that are not of an incident. */
    public static final String SCHEMA = "helmwatch.notifications/1";

    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** What a message reports, with the name that receivers see. */
    public enum Type {
        INCIDENT_START("incident.start"),
        INCIDENT_UPDATE("incident.update"),
        INCIDENT_END("incident.end"),
        INCIDENT_EVIDENCE("incident.evidence"),
        STREAM_OFFLINE("stream.offline"),
        STREAM_BACK("stream.back"),
        NODE_LOST("node.lost"),
        NODE_BACK("node.back"),
        TEST("test");

        private final String text;

        Type(String text) {
            this.text = text;
        }

        /** As receivers see it. */
        public String text() {
            return text;
        }

        private static Type of(String phase) {
            for (Type type : values()) {
                if (type.text.equals(phase) || type.text.equals("incident." + phase)) {
                    return type;
                }
            }
            throw new IllegalArgumentException("phase " + phase);
        }
    }

    /** A message of the spool. */
    static NotifyMessage of(SpooledEvent event) {
        try {
            return new NotifyMessage(
                    event.id(), Type.of(event.phase()), event.stream(), event.value(), MAPPER.readTree(event.value()));
        } catch (IOException | IllegalArgumentException damaged) {
            throw new IllegalStateException(
                    "message " + event.id() + " cannot be read: " + damaged.getMessage(), damaged);
        }
    }

    /** A message that shows that the target can be reached. */
    public static NotifyMessage test(String target, long nowMillis) {
        ObjectNode json = envelope(Type.TEST, "test/" + nowMillis, nowMillis);
        json.put("target", target);
        json.put("text", "This is a test of Helmwatch's notifications. Nothing has happened.");
        byte[] value = bytes(json);
        return new NotifyMessage("test/" + nowMillis, Type.TEST, "", value, json);
    }

    /** What the spool keeps of a stream that is offline, or back. */
    static SpooledEvent ofStream(Type type, String stream, String reason, long sinceMillis, long nowMillis) {
        String id = stream + "/" + type.text() + "/" + sinceMillis;
        ObjectNode json = envelope(type, id, nowMillis);
        json.put("stream", stream);
        json.put("since", EventTime.format(sinceMillis));
        if (!reason.isEmpty()) {
            json.put("reason", reason);
        }
        return new SpooledEvent(0, id, id, stream, type.text(), nowMillis, bytes(json));
    }

    /** What the spool keeps of a node that is lost, or back. */
    static SpooledEvent ofNode(Type type, NodeChange change, long nowMillis) {
        String id = change.node() + "/" + type.text() + "/" + change.sinceMillis();
        ObjectNode json = envelope(type, id, nowMillis);
        json.put("cluster", change.cluster());
        json.put("node", change.node());
        json.put("since", EventTime.format(change.sinceMillis()));
        if (type == Type.NODE_LOST) {
            json.put("cameras", change.cameras());
        }
        return new SpooledEvent(0, id, id, change.node(), type.text(), nowMillis, bytes(json));
    }

    private static ObjectNode envelope(Type type, String id, long nowMillis) {
        ObjectNode json = MAPPER.createObjectNode();
        json.put("schema", SCHEMA);
        json.put("id", id);
        json.put("type", type.text());
        json.put("at", EventTime.format(nowMillis));
        return json;
    }

    private static byte[] bytes(ObjectNode json) {
        try {
            return MAPPER.writeValueAsBytes(json);
        } catch (IOException impossible) {
            throw new UncheckedIOException("a notification cannot be encoded as JSON", impossible);
        }
    }

    /** A text field of the JSON; empty where it is missing. */
    public String field(String name) {
        return json.path(name).asText("");
    }

    /** Messages are equal when their ids are. */
    @Override
    public boolean equals(Object other) {
        return other instanceof NotifyMessage message && message.id.equals(id);
    }

    @Override
    public int hashCode() {
        return id.hashCode();
    }
}
