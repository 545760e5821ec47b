package io.helmwatch.sinks.compliance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helmwatch.sinks.EventTime;
import io.helmwatch.vision.ComplianceMinute;
import io.helmwatch.vision.CountOrigin;
import io.helmwatch.vision.ModelIdentity;
import io.helmwatch.vision.NodeEpoch;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The message about a minute, as {@code docs/schema/compliance-1.schema.json} describes it. Threading: any thread. */
public final class ComplianceJson {
    /** Name and version of the schema. */
    public static final String SCHEMA = "helmwatch.compliance/1";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MILLIS_DECIMALS = 3;

    private ComplianceJson() {}

    /**
     * A message.
     *
     * @param recordedMillis when it is persisted, milliseconds since 1970 UTC
     */
    public static byte[] write(ComplianceMinute minute, long recordedMillis) {
        ObjectNode message = JSON.createObjectNode();
        message.put("schema", SCHEMA);
        message.put("id", minute.id());
        CountOrigin origin = minute.origin();
        if (origin != null) {
            message.put("node", origin.node().node());
            message.put("epoch", origin.node().epoch());
            if (origin.isIsolated()) {
                message.put("isolated", true);
            }
            if (origin.isSuperseded()) {
                message.put("superseded", true);
            }
        }
        message.put("stream", minute.stream());
        if (!minute.zone().isEmpty()) {
            message.put("zone", minute.zone());
        }
        message.put("minute", EventTime.format(minute.minuteMillis()));
        message.put("countedSince", EventTime.format(minute.countedSinceMillis()));
        message.put("revision", minute.revision());
        message.put("recordedAt", EventTime.format(recordedMillis));
        message.put("frames", minute.frames());
        message.put("helmet", minute.helmet());
        message.put("bare", minute.bare());
        message.put("uncertain", minute.uncertain());
        message.put("personSeconds", BigDecimal.valueOf(minute.personMillis(), MILLIS_DECIMALS));
        message.putObject("model")
                .put("name", minute.model().name())
                .put("version", minute.model().version())
                .put("precision", minute.model().precision())
                .put("backend", minute.model().backend());
        return message.toString().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * The counts of a message; properties that are not known are ignored.
     *
     * @throws IOException when it is not a message of this schema, in one sentence
     */
    public static ComplianceMinute read(byte[] message) throws IOException {
        JsonNode json = JSON.readTree(message);
        if (!SCHEMA.equals(json.path("schema").asText())) {
            throw new IOException("expected a message of " + SCHEMA + ", found "
                    + json.path("schema").asText("none"));
        }
        try {
            JsonNode model = json.path("model");
            return new ComplianceMinute(
                    json.required("stream").textValue(),
                    millis(json, "countedSince"),
                    json.path("zone").asText(""),
                    millis(json, "minute"),
                    json.required("revision").intValue(),
                    json.required("helmet").longValue(),
                    json.required("bare").longValue(),
                    json.required("uncertain").longValue(),
                    json.required("frames").longValue(),
                    json.required("personSeconds")
                            .decimalValue()
                            .movePointRight(MILLIS_DECIMALS)
                            .longValue(),
                    new ModelIdentity(
                            model.path("name").asText(""),
                            model.path("version").asText(""),
                            model.path("precision").asText(""),
                            model.path("backend").asText("")),
                    origin(json));
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new IOException("message of " + SCHEMA + " is damaged: " + e.getMessage(), e);
        }
    }

    private static @Nullable CountOrigin origin(JsonNode json) {
        return json.has("epoch")
                ? new CountOrigin(
                        new NodeEpoch(
                                json.path("node").asText(""), json.path("epoch").longValue()),
                        json.path("isolated").asBoolean(),
                        json.path("superseded").asBoolean())
                : null;
    }

    /**
     * Marks a message as superseded; what cannot be read stays as it is.
     *
     * @param message a message of this schema
     */
    public static byte[] superseded(byte[] message) {
        try {
            return JSON.readTree(message) instanceof ObjectNode fields
                    ? fields.put("superseded", true).toString().getBytes(StandardCharsets.UTF_8)
                    : message;
        } catch (IOException e) {
            return message;
        }
    }

    private static long millis(JsonNode json, String name) {
        return Instant.parse(json.required(name).asText()).toEpochMilli();
    }
}
