package io.helmwatch.sinks.compliance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helmwatch.vision.HeadCounts;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.function.Function;

/** What the messages about counts of heads have in common: whose they are, and the counts. Threading: any thread. */
final class CountMessage {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MILLIS_DECIMALS = 3;

    private CountMessage() {}

    static ObjectNode start(String schema, String id) {
        ObjectNode message = JSON.createObjectNode();
        message.put("schema", schema);
        message.put("id", id);
        return message;
    }

    /** Says which stream it is about, and which zone of it where that is not empty. */
    static void putStream(ObjectNode message, String stream, String zone) {
        message.put("stream", stream);
        if (!zone.isEmpty()) {
            message.put("zone", zone);
        }
    }

    /** Adds the counts. */
    static void putCounts(ObjectNode message, HeadCounts counts) {
        message.put("frames", counts.frames());
        message.put("helmet", counts.helmet());
        message.put("bare", counts.bare());
        message.put("uncertain", counts.uncertain());
        message.put("personSeconds", BigDecimal.valueOf(counts.personMillis(), MILLIS_DECIMALS));
    }

    static JsonNode tree(byte[] message) throws IOException {
        return JSON.readTree(message);
    }

    static byte[] bytes(ObjectNode message) {
        return message.toString().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Reads a message.
     *
     * @throws IOException when it is not a message of this schema, in one sentence
     */
    static <T> T read(byte[] message, String schema, Function<JsonNode, T> reader) throws IOException {
        JsonNode json = tree(message);
        if (!schema.equals(json.path("schema").asText())) {
            throw new IOException("expected a message of " + schema + ", found "
                    + json.path("schema").asText("none"));
        }
        try {
            return reader.apply(json);
        } catch (IllegalArgumentException | DateTimeException | ArithmeticException e) {
            throw new IOException("message of " + schema + " is damaged: " + e.getMessage(), e);
        }
    }

    /** Milliseconds since 1970 UTC of a time. */
    static long millis(JsonNode json, String name) {
        return Instant.parse(json.required(name).asText()).toEpochMilli();
    }

    /** The counts of a message. */
    static HeadCounts counts(JsonNode json) {
        return new HeadCounts(
                json.required("helmet").longValue(),
                json.required("bare").longValue(),
                json.required("uncertain").longValue(),
                json.required("frames").longValue(),
                json.required("personSeconds")
                        .decimalValue()
                        .movePointRight(MILLIS_DECIMALS)
                        .longValue());
    }
}
