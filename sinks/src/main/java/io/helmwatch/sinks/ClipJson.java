package io.helmwatch.sinks;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.helmwatch.resource.ConstantName;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.Incident;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * Encodes the sidecar of a clip as JSON: what was detected in its frames, by presentation time. The schema is
 * {@code docs/schema/clip-1.schema.json}.
 *
 * <p>Threading: any thread.
 */
public final class ClipJson {
    /** Value of {@code schema}. */
    public static final String SCHEMA = "helmwatch.clip/1";

    private static final JsonMapper MAPPER = new JsonMapper();

    private ClipJson() {}

    /**
     * What the sidecar says of the whole clip.
     *
     * @param incident a message of its incident
     * @param video name of the video beside it
     * @param fromMillis capture time of the first frame
     * @param toMillis capture time of the last frame
     * @param isMasked as {@link Incident.Clip#isMasked}
     * @param startSeconds presentation time of the first frame
     * @param size of the frames that the boxes refer to
     */
    public record Description(
            Incident incident,
            String video,
            long fromMillis,
            long toMillis,
            boolean isMasked,
            double startSeconds,
            ImageSize size) {}

    /**
     * An analysed frame.
     *
     * @param seconds presentation time in the video
     * @param boxes what was detected
     */
    public record Frame(double seconds, List<Box> boxes) {

        /** Keeps its own copy. */
        public Frame {
            boxes = List.copyOf(boxes);
        }
    }

    /**
     * A detection.
     *
     * @param sourceBox in pixels of the described size
     * @param label the model's
     * @param kind helmet, bare or other
     * @param confidence 0..1
     * @param track id of the track in the stream's run; 0 where there is none
     */
    public record Box(BoundingBox sourceBox, String label, String kind, float confidence, int track) {}

    /** Encodes a sidecar. */
    public static byte[] sidecar(Description clip, List<Frame> frames) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(16_384);
        EventValues values = new EventValues();
        try (JsonGenerator json = MAPPER.createGenerator(out)) {
            json.writeStartObject();
            describe(json, values, clip);
            json.writeArrayFieldStart("frames");
            for (Frame frame : frames) {
                frame(json, values, frame);
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "the sidecar of incident " + clip.incident().id() + " cannot be encoded as JSON", e);
        }
        return out.toByteArray();
    }

    private static void describe(JsonGenerator json, EventValues values, Description clip) throws IOException {
        Incident incident = clip.incident();
        json.writeStringField("schema", SCHEMA);
        json.writeStringField("incident", incident.id());
        json.writeStringField("stream", incident.stream());
        json.writeStringField("rule", incident.rule());
        json.writeStringField("kind", ConstantName.of(incident.kind()));
        if (incident.zone() != null) {
            json.writeStringField("zone", incident.zone());
        }
        IncidentJson.zonePolygon(json, values, incident);
        if (incident.track() > 0) {
            json.writeNumberField("track", incident.track());
        }
        json.writeStringField("video", clip.video());
        json.writeFieldName("from");
        values.writeTime(json, clip.fromMillis());
        json.writeFieldName("to");
        values.writeTime(json, clip.toMillis());
        json.writeBooleanField("masked", clip.isMasked());
        json.writeFieldName("start");
        values.writeSeconds(json, clip.startSeconds());
        json.writeNumberField("width", clip.size().width());
        json.writeNumberField("height", clip.size().height());
    }

    private static void frame(JsonGenerator json, EventValues values, Frame frame) throws IOException {
        json.writeStartObject();
        json.writeFieldName("t");
        values.writeSeconds(json, frame.seconds());
        json.writeArrayFieldStart("boxes");
        for (Box box : frame.boxes()) {
            json.writeStartObject();
            json.writeFieldName("box");
            values.writeBox(json, box.sourceBox());
            json.writeStringField("label", box.label());
            json.writeStringField("kind", box.kind());
            json.writeFieldName("confidence");
            values.writeConfidence(json, box.confidence());
            if (box.track() > 0) {
                json.writeNumberField("track", box.track());
            }
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }
}
