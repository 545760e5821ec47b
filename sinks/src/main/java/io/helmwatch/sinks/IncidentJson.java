package io.helmwatch.sinks;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.helmwatch.resource.ConstantName;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.ModelIdentity;
import io.helmwatch.vision.NodeEpoch;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Encodes incidents as JSON; the schema is {@code docs/schema/events-1.schema.json}.
 *
 * <p>What is done to a message after it was written: {@link WrittenIncident}.
 *
 * <p>The bytes depend on the incident and on {@code recordedAt} only, the time at which the message was persisted: a message that
 * is sent again has the same bytes.
 *
 * <p>Threading: any thread.
 */
public final class IncidentJson {
    /** Value of {@code schema}. */
    public static final String SCHEMA = "helmwatch.events/1";

    private static final JsonFactory JSON = new JsonFactory();

    private IncidentJson() {}

    /** Encodes a message. */
    public static byte[] incident(Incident incident, long recordedAtMillis) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(1_024);
        EventValues values = new EventValues();
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            identity(json, incident);
            rule(json, values, incident);
            times(json, values, incident, recordedAtMillis);
            if (incident.kind() == Incident.Kind.NO_HELMET) {
                object(json);
            } else {
                people(json, incident);
            }
            confidence(json, values, incident);
            json.writeNumberField("observations", incident.observations());
            positions(json, values, incident);
            json.writeNumberField("width", incident.size().width());
            json.writeNumberField("height", incident.size().height());
            model(json, incident.model());
            snapshot(json, incident);
            clip(json, values, incident);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("incident " + incident.id() + " cannot be encoded as JSON", e);
        }
        return out.toByteArray();
    }

    private static void identity(JsonGenerator json, Incident incident) throws IOException {
        json.writeStringField("schema", SCHEMA);
        json.writeStringField("id", incident.eventId());
        json.writeStringField("incident", incident.id());
        json.writeNumberField("revision", incident.revision());
        json.writeStringField("phase", ConstantName.of(incident.phase()));
        json.writeStringField("stream", incident.stream());
        NodeEpoch origin = incident.origin();
        if (origin != null) {
            json.writeStringField("node", origin.node());
            json.writeNumberField("epoch", origin.epoch());
        }
    }

    private static void rule(JsonGenerator json, EventValues values, Incident incident) throws IOException {
        json.writeStringField("rule", incident.rule());
        json.writeStringField("kind", ConstantName.of(incident.kind()));
        if (incident.zone() != null) {
            json.writeStringField("zone", incident.zone());
        }
        zonePolygon(json, values, incident);
        if (incident.track() > 0) {
            json.writeNumberField("track", incident.track());
        }
    }

    private static void times(JsonGenerator json, EventValues values, Incident incident, long recordedAtMillis)
            throws IOException {
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
    }

    private static void people(JsonGenerator json, Incident incident) throws IOException {
        json.writeObjectFieldStart("people");
        json.writeNumberField("count", incident.people());
        json.writeNumberField("limit", incident.limit());
        json.writeEndObject();
    }

    private static void confidence(JsonGenerator json, EventValues values, Incident incident) throws IOException {
        json.writeObjectFieldStart("confidence");
        json.writeFieldName("peak");
        values.writeConfidence(json, incident.peakConfidence());
        json.writeFieldName("mean");
        values.writeConfidence(json, incident.meanConfidence());
        json.writeEndObject();
    }

    private static void model(JsonGenerator json, ModelIdentity model) throws IOException {
        json.writeObjectFieldStart("model");
        json.writeStringField("name", model.name());
        json.writeStringField("version", model.version());
        json.writeStringField("precision", model.precision());
        json.writeStringField("backend", model.backend());
        json.writeEndObject();
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
