package io.helmwatch.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.util.Optional;

/**
 * Whether somebody has dealt with an incident, as the nodes tell each other; the schema is {@code docs/schema/acknowledgements-1.schema.json}.
 *
 * @param incident its id
 * @param isWithdrawn whether an acknowledgement was taken back
 * @param atMillis when, milliseconds since 1970 UTC
 * @param by who acknowledged it; empty where it was taken back
 * @param note what was done; may be empty
 * @param node where it was said
 */
public record Acknowledgement(
        String incident, boolean isWithdrawn, long atMillis, String by, String note, String node) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LONGEST_NAME = 200;
    private static final int LONGEST_NOTE = 2_000;

    /** Reads a message; empty where it is none. Longer texts than a desk writes are cut. */
    public static Optional<Acknowledgement> read(byte[] message) {
        try {
            JsonNode fields = JSON.readTree(message);
            if (!fields.path("incident").isTextual()
                    || !fields.path("acknowledged").isBoolean()) {
                return Optional.empty();
            }
            return Optional.of(new Acknowledgement(
                    fields.path("incident").asText(),
                    !fields.path("acknowledged").asBoolean(),
                    Arrival.parse(fields.path("at").asText()),
                    cut(fields.path("by").asText(""), LONGEST_NAME),
                    cut(fields.path("note").asText(""), LONGEST_NOTE),
                    cut(fields.path("node").asText(""), LONGEST_NAME)));
        } catch (IOException | DateTimeException e) {
            return Optional.empty();
        }
    }

    private static String cut(String text, int length) {
        return text.length() <= length ? text : text.substring(0, length);
    }

    /** The message. */
    public byte[] write() {
        ObjectNode fields = JSON.createObjectNode()
                .put("schema", "helmwatch.acknowledgements/1")
                .put("incident", incident)
                .put("acknowledged", !isWithdrawn)
                .put("at", NodeAnnouncement.text(atMillis))
                .put("by", by)
                .put("note", note)
                .put("node", node);
        try {
            return JSON.writeValueAsString(fields).getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("acknowledgement cannot be written as JSON", e);
        }
    }
}
