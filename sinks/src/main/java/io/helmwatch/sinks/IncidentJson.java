package io.helmwatch.sinks;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helmwatch.resource.ConstantName;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.NodeEpoch;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * Encodes incidents as JSON; the schema is {@code docs/schema/events-1.schema.json}.
 *
 * <p>The bytes depend on the incident and on {@code recordedAt} only, the time at which the message was persisted: a message that
 * is sent again has the same bytes.
 *
 * <p>Threading: any thread.
 */
public final class IncidentJson {
    /** Value of {@code schema}. */
    public static final String SCHEMA = "helmwatch.events/1";

    private static final String NODE = "node";
    private static final String EPOCH = "epoch";

    /** Numbers keep the decimals with which they were written. */
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private IncidentJson() {}

    /** Encodes a message. */
    public static byte[] incident(Incident incident, long recordedAtMillis) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(1_024);
        EventValues values = new EventValues();
        try (JsonGenerator json = MAPPER.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("schema", SCHEMA);
            json.writeStringField("id", incident.eventId());
            json.writeStringField("incident", incident.id());
            json.writeNumberField("revision", incident.revision());
            json.writeStringField("phase", ConstantName.of(incident.phase()));
            json.writeStringField("stream", incident.stream());
            NodeEpoch origin = incident.origin();
            if (origin != null) {
                json.writeStringField(NODE, origin.node());
                json.writeNumberField(EPOCH, origin.epoch());
            }
            json.writeStringField("rule", incident.rule());
            json.writeStringField("kind", ConstantName.of(incident.kind()));
            if (incident.zone() != null) {
                json.writeStringField("zone", incident.zone());
            }
            zonePolygon(json, values, incident);
            if (incident.track() > 0) {
                json.writeNumberField("track", incident.track());
            }
            json.writeFieldName("startedAt");
            values.writeTime(json, incident.startedAtMillis());
            json.writeFieldName("lastAt");
            values.writeTime(json, incident.lastAtMillis());
            if (incident.hasEnded()) {
                json.writeFieldName("endedAt");
                values.writeTime(json, incident.lastAtMillis());
            }
            json.writeFieldName("decidedAt");
            values.writeTime(json, incident.decidedAtMillis());
            json.writeFieldName("recordedAt");
            values.writeTime(json, recordedAtMillis);
            json.writeNumberField("sequence", incident.decidedSequence());
            json.writeNumberField("ptsMillis", Math.floorDiv(incident.decidedPtsNanos(), 1_000_000L));
            if (incident.endReason() != null) {
                json.writeStringField("endReason", ConstantName.of(incident.endReason()));
            }
            if (incident.kind() == Incident.Kind.NO_HELMET) {
                object(json);
            } else {
                json.writeObjectFieldStart("people");
                json.writeNumberField("count", incident.people());
                json.writeNumberField("limit", incident.limit());
                json.writeEndObject();
            }
            json.writeObjectFieldStart("confidence");
            json.writeFieldName("peak");
            values.writeConfidence(json, incident.peakConfidence());
            json.writeFieldName("mean");
            values.writeConfidence(json, incident.meanConfidence());
            json.writeEndObject();
            json.writeNumberField("observations", incident.observations());
            positions(json, values, incident);
            json.writeNumberField("width", incident.size().width());
            json.writeNumberField("height", incident.size().height());
            json.writeObjectFieldStart("model");
            json.writeStringField("name", incident.model().name());
            json.writeStringField("version", incident.model().version());
            json.writeStringField("precision", incident.model().precision());
            json.writeStringField("backend", incident.model().backend());
            json.writeEndObject();
            snapshot(json, incident);
            clip(json, values, incident);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("incident " + incident.id() + " cannot be encoded as JSON", e);
        }
        return out.toByteArray();
    }

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

    /** The observed object in the terms of ONVIF's analytics metadata: {@code HumanFace/Accessory/Helmet/Wear}. */
    private static void object(JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("object");
        json.writeStringField("type", "HumanFace");
        json.writeObjectFieldStart("accessory");
        json.writeObjectFieldStart("helmet");
        json.writeBooleanField("wear", false);
        json.writeEndObject();
        json.writeEndObject();
        json.writeEndObject();
    }

    static void zonePolygon(JsonGenerator json, EventValues values, Incident incident) throws IOException {
        if (incident.zonePolygon().isEmpty()) {
            return;
        }
        json.writeArrayFieldStart("zonePolygon");
        for (Incident.Corner corner : incident.zonePolygon()) {
            json.writeStartArray();
            values.writeFraction(json, corner.x());
            values.writeFraction(json, corner.y());
            json.writeEndArray();
        }
        json.writeEndArray();
    }

    private static void positions(JsonGenerator json, EventValues values, Incident incident) throws IOException {
        json.writeArrayFieldStart("positions");
        for (Incident.Position position : incident.positions()) {
            json.writeStartObject();
            json.writeNumberField("track", position.track());
            json.writeFieldName("at");
            values.writeTime(json, position.atMillis());
            json.writeFieldName("box");
            values.writeBox(json, position.sourceBox());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void snapshot(JsonGenerator json, Incident incident) throws IOException {
        Incident.Snapshot snapshot = incident.snapshot();
        if (snapshot == null) {
            return;
        }
        json.writeObjectFieldStart("snapshot");
        json.writeStringField("path", snapshot.path());
        json.writeStringField("sha256", snapshot.sha256());
        if (snapshot.drawnPath() != null && snapshot.drawnSha256() != null) {
            json.writeStringField("drawnPath", snapshot.drawnPath());
            json.writeStringField("drawnSha256", snapshot.drawnSha256());
        }
        if (snapshot.url() != null) {
            json.writeStringField("url", snapshot.url());
        }
        if (snapshot.drawnUrl() != null) {
            json.writeStringField("drawnUrl", snapshot.drawnUrl());
        }
        json.writeEndObject();
    }

    private static void clip(JsonGenerator json, EventValues values, Incident incident) throws IOException {
        Incident.Clip clip = incident.clip();
        if (clip == null) {
            return;
        }
        json.writeObjectFieldStart("clip");
        json.writeStringField("path", clip.path());
        json.writeStringField("sha256", clip.sha256());
        json.writeStringField("url", clip.url());
        json.writeNumberField("bytes", clip.bytes());
        json.writeFieldName("from");
        values.writeTime(json, clip.fromMillis());
        json.writeFieldName("to");
        values.writeTime(json, clip.toMillis());
        json.writeBooleanField("masked", clip.isMasked());
        json.writeStringField("sidecarPath", clip.sidecar().path());
        json.writeStringField("sidecarSha256", clip.sidecar().sha256());
        json.writeStringField("sidecarUrl", clip.sidecar().url());
        json.writeEndObject();
    }
}
