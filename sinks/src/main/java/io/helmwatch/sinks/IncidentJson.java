package io.helmwatch.sinks;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Incident;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.Locale;

/**
 * Writes incidents as JSON; the schema is {@code docs/schema/events-1.schema.json}. Rounding and times as in {@link DetectionJson}.
 *
 * <p>The same incident gives the same bytes: {@code recordedAt} is the time at which the message was made durable, not that at which
 * it is sent, so that a message that is sent again is the same to the last byte.
 *
 * <p>Threading: stateless; any thread.
 */
public final class IncidentJson {
    /** Value of {@code schema}. */
    public static final String SCHEMA = "helmwatch.events/1";

    private static final JsonFactory FACTORY = new JsonFactory();
    private static final double LARGEST_COORDINATE = 1e9;

    private IncidentJson() {}

    /** One message. */
    public static byte[] incident(Incident incident, long recordedAtMillis) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(1_024);
        try (JsonGenerator json = FACTORY.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("schema", SCHEMA);
            json.writeStringField("id", incident.eventId());
            json.writeStringField("incident", incident.id());
            json.writeNumberField("revision", incident.revision());
            json.writeStringField("phase", name(incident.phase()));
            json.writeStringField("stream", incident.stream());
            json.writeStringField("rule", incident.rule());
            json.writeStringField("kind", name(incident.kind()));
            if (incident.zone() != null) {
                json.writeStringField("zone", incident.zone());
            }
            if (incident.track() > 0) {
                json.writeNumberField("track", incident.track());
            }
            json.writeStringField("startedAt", DetectionJson.time(incident.startedAtMillis()));
            json.writeStringField("lastAt", DetectionJson.time(incident.lastAtMillis()));
            if (incident.phase() == Incident.Phase.END) {
                json.writeStringField("endedAt", DetectionJson.time(incident.lastAtMillis()));
            }
            json.writeStringField("decidedAt", DetectionJson.time(incident.decidedAtMillis()));
            json.writeStringField("recordedAt", DetectionJson.time(recordedAtMillis));
            json.writeNumberField("sequence", incident.decidedSequence());
            json.writeNumberField("ptsMillis", Math.floorDiv(incident.decidedPtsNanos(), 1_000_000L));
            if (incident.endReason() != null) {
                json.writeStringField("endReason", name(incident.endReason()));
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
            confidence(json, incident.peakConfidence());
            json.writeFieldName("mean");
            confidence(json, incident.meanConfidence());
            json.writeEndObject();
            json.writeNumberField("observations", incident.observations());
            positions(json, incident);
            json.writeNumberField("width", incident.size().width());
            json.writeNumberField("height", incident.size().height());
            json.writeObjectFieldStart("model");
            json.writeStringField("name", incident.model().name());
            json.writeStringField("version", incident.model().version());
            json.writeStringField("precision", incident.model().precision());
            json.writeStringField("backend", incident.model().backend());
            json.writeEndObject();
            snapshot(json, incident);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("incident " + incident.id() + " cannot be written as JSON", e);
        }
        return out.toByteArray();
    }

    /**
     * The end of an incident that a process could not tell any more, made from the last message that it had recorded.
     *
     * @param last that message
     * @param revision the new message's revision
     * @param recordedAtMillis now
     */
    public static byte[] interrupted(byte[] last, int revision, long recordedAtMillis) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(last.length);
        try (JsonParser from = FACTORY.createParser(last);
                JsonGenerator json = FACTORY.createGenerator(out)) {
            String incident = "";
            from.nextToken();
            json.writeStartObject();
            while (from.nextToken() == JsonToken.FIELD_NAME) {
                String field = from.currentName();
                from.nextToken();
                switch (field) {
                    case "id", "revision", "phase", "positions", "snapshot" -> from.skipChildren();
                    case "incident" -> {
                        incident = from.getText();
                        json.writeStringField("id", incident + "/" + revision);
                        json.writeStringField("incident", incident);
                        json.writeNumberField("revision", revision);
                        json.writeStringField("phase", name(Incident.Phase.END));
                    }
                    case "lastAt" -> {
                        json.writeStringField("lastAt", from.getText());
                        json.writeStringField("endedAt", from.getText());
                    }
                    case "recordedAt" -> json.writeStringField("recordedAt", DetectionJson.time(recordedAtMillis));
                    case "ptsMillis" -> {
                        json.writeNumberField("ptsMillis", from.getLongValue());
                        json.writeStringField("endReason", name(Incident.EndReason.INTERRUPTED));
                    }
                    case "observations" -> {
                        json.writeNumberField("observations", from.getIntValue());
                        json.writeArrayFieldStart("positions");
                        json.writeEndArray();
                    }
                    default -> {
                        json.writeFieldName(field);
                        json.copyCurrentStructure(from);
                    }
                }
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("recorded message cannot be read as JSON", e);
        }
        return out.toByteArray();
    }

    /** The helmet in the terms of ONVIF's analytics metadata: {@code HumanFace/Accessory/Helmet/Wear}. */
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

    private static void positions(JsonGenerator json, Incident incident) throws IOException {
        json.writeArrayFieldStart("positions");
        for (Incident.Position position : incident.positions()) {
            json.writeStartObject();
            json.writeNumberField("track", position.track());
            json.writeStringField("at", DetectionJson.time(position.atMillis()));
            BoundingBox box = position.sourceBox();
            json.writeArrayFieldStart("box");
            coordinate(json, box.x1());
            coordinate(json, box.y1());
            coordinate(json, box.x2());
            coordinate(json, box.y2());
            json.writeEndArray();
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
        json.writeEndObject();
    }

    private static void coordinate(JsonGenerator json, float value) throws IOException {
        double bounded =
                Double.isFinite(value) ? Math.max(-LARGEST_COORDINATE, Math.min(LARGEST_COORDINATE, value)) : 0;
        json.writeNumber(BigDecimal.valueOf(Math.round(bounded * 10), 1).toPlainString());
    }

    private static void confidence(JsonGenerator json, float value) throws IOException {
        double bounded = Float.isNaN(value) ? 0 : Math.max(0, Math.min(1, value));
        long thousandths = Math.round(bounded * 1_000);
        BigDecimal number =
                thousandths % 10 == 0 ? BigDecimal.valueOf(thousandths / 10, 2) : BigDecimal.valueOf(thousandths, 3);
        json.writeNumber(number.toPlainString());
    }

    /** Lower case with dashes, as it stands in messages. */
    public static String name(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
