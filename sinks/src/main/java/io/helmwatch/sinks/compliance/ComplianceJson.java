package io.helmwatch.sinks.compliance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helmwatch.sinks.EventTime;
import io.helmwatch.vision.ComplianceMinute;
import io.helmwatch.vision.CountOrigin;
import io.helmwatch.vision.ModelIdentity;
import io.helmwatch.vision.NodeEpoch;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The message about a minute, as {@code docs/schema/compliance-1.schema.json} describes it. Threading: any thread. */
public final class ComplianceJson {
    /** Name and version of the schema. */
    public static final String SCHEMA = "helmwatch.compliance/1";

    private ComplianceJson() {}

    /**
     * A message.
     *
     * @param recordedMillis when it is persisted, milliseconds since 1970 UTC
     */
    public static byte[] write(ComplianceMinute minute, long recordedMillis) {
        ObjectNode message = CountMessage.start(SCHEMA, minute.id());
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
        CountMessage.putStream(message, minute.stream(), minute.zone());
        message.put("minute", EventTime.format(minute.minuteMillis()));
        message.put("countedSince", EventTime.format(minute.countedSinceMillis()));
        message.put("revision", minute.revision());
        message.put("recordedAt", EventTime.format(recordedMillis));
        CountMessage.putCounts(message, minute.counts());
        message.putObject("model")
                .put("name", minute.model().name())
                .put("version", minute.model().version())
                .put("precision", minute.model().precision())
                .put("backend", minute.model().backend());
        return CountMessage.bytes(message);
    }

    /**
     * The counts of a message; properties that are not known are ignored.
     *
     * @throws IOException when it is not a message of this schema, in one sentence
     */
    public static ComplianceMinute read(byte[] message) throws IOException {
        return CountMessage.read(message, SCHEMA, ComplianceJson::minute);
    }

    private static ComplianceMinute minute(JsonNode json) {
        JsonNode model = json.path("model");
        return new ComplianceMinute(
                json.required("stream").textValue(),
                CountMessage.millis(json, "countedSince"),
                json.path("zone").asText(""),
                CountMessage.millis(json, "minute"),
                json.required("revision").intValue(),
                CountMessage.counts(json),
                new ModelIdentity(
                        model.path("name").asText(""),
                        model.path("version").asText(""),
                        model.path("precision").asText(""),
                        model.path("backend").asText("")),
                origin(json));
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
            return CountMessage.tree(message) instanceof ObjectNode fields
                    ? CountMessage.bytes(fields.put("superseded", true))
                    : message;
        } catch (IOException e) {
            return message;
        }
    }
}
