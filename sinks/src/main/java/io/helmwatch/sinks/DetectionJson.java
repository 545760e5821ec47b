package io.helmwatch.sinks;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.SerializedString;
import io.helmwatch.config.secret.Redaction;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.FrameInfo;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.ModelIdentity;
import io.helmwatch.vision.NodeEpoch;
import io.helmwatch.vision.StreamReason;
import io.helmwatch.vision.StreamStatus;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Encodes detections and stream states as JSON, for Kafka, JSON-lines files and standard output. The schemas are in
 * {@code docs/schema}; {@link EventTime} and {@link EventValues} define the formats of times and numbers.
 *
 * <p>Written by hand because it runs once per frame. Threading: owned by one thread at a time; buffer and generator are reused,
 * so that a message allocates only the bytes that are returned.
 */
public final class DetectionJson {
    /** Value of {@code schema} in detections. */
    public static final String DETECTIONS_SCHEMA = "helmwatch.detections/1";

    /** Value of {@code schema} in stream states. */
    public static final String STREAMS_SCHEMA = "helmwatch.streams/1";

    private static final SerializableString SCHEMA = new SerializedString("schema");
    private static final SerializableString ID = new SerializedString("id");
    private static final SerializableString STREAM = new SerializedString("stream");
    private static final SerializableString SEQUENCE = new SerializedString("sequence");
    private static final SerializableString CAPTURED_AT = new SerializedString("capturedAt");
    private static final SerializableString CAMERA_TIME = new SerializedString("cameraTime");
    private static final SerializableString PUBLISHED_AT = new SerializedString("publishedAt");
    private static final SerializableString PTS_MILLIS = new SerializedString("ptsMillis");
    private static final SerializableString WIDTH = new SerializedString("width");
    private static final SerializableString HEIGHT = new SerializedString("height");
    private static final SerializableString MODEL = new SerializedString("model");
    private static final SerializableString NAME = new SerializedString("name");
    private static final SerializableString VERSION = new SerializedString("version");
    private static final SerializableString PRECISION = new SerializedString("precision");
    private static final SerializableString BACKEND = new SerializedString("backend");
    private static final SerializableString DETECTIONS = new SerializedString("detections");
    private static final SerializableString LABEL = new SerializedString("label");
    private static final SerializableString CONFIDENCE = new SerializedString("confidence");
    private static final SerializableString BOX = new SerializedString("box");
    private static final SerializableString SOURCE = new SerializedString("source");
    private static final SerializableString FRAME = new SerializedString("frame");
    private static final SerializableString STATE = new SerializedString("state");
    private static final SerializableString REASON = new SerializedString("reason");
    private static final SerializableString REASON_CODE = new SerializedString("reasonCode");
    private static final SerializableString CHANGED_AT = new SerializedString("changedAt");
    private static final SerializableString VALID_UNTIL = new SerializedString("validUntil");
    private static final SerializableString NODE = new SerializedString("node");
    private static final SerializableString EPOCH = new SerializedString("epoch");
    private static final SerializableString SUPERSEDED = new SerializedString("superseded");

    private final JsonEncoder encoder = new JsonEncoder();
    private final EventValues values = new EventValues();

    /** Encodes the detections of one frame. */
    public byte[] detections(FrameDetections frame, long publishedAtMillis) {
        return detections(frame, publishedAtMillis, false);
    }

    /**
     * Encodes the detections of one frame.
     *
     * @param isSuperseded whether another node has taken the stream over since
     */
    public byte[] detections(FrameDetections frame, long publishedAtMillis, boolean isSuperseded) {
        return encoder.encode(json -> detections(json, frame, publishedAtMillis, isSuperseded))
                .toByteArray();
    }

    /** Writes the detections of one frame as a line. */
    public void writeDetections(FrameDetections frame, long publishedAtMillis, OutputStream out) throws IOException {
        writeLine(json -> detections(json, frame, publishedAtMillis, false), out);
    }

    /** Encodes a stream state without a cluster. */
    public byte[] status(StreamStatus status, String id, long publishedAtMillis, long validUntilMillis) {
        return status(status, id, publishedAtMillis, validUntilMillis, null);
    }

    /**
     * Encodes a stream state that holds for a limited time unless it is renewed.
     *
     * @param id id of the message
     * @param validUntilMillis when the state expires
     * @param origin the node that has the stream; null without a cluster
     */
    public byte[] status(
            StreamStatus status, String id, long publishedAtMillis, long validUntilMillis, @Nullable NodeEpoch origin) {
        return encoder.encode(json -> status(json, status, id, publishedAtMillis, validUntilMillis, origin))
                .toByteArray();
    }

    /**
     * Writes a stream state as a line, without a time at which it expires.
     *
     * @param origin the node that has the stream; null without a cluster
     */
    public void writeStatus(StreamStatus status, long publishedAtMillis, @Nullable NodeEpoch origin, OutputStream out)
            throws IOException {
        writeLine(json -> status(json, status, id(status), publishedAtMillis, 0, origin), out);
    }

    /**
     * Writes the detections of an image or of one frame of a clip as a line of {@code helmwatch detect}.
     *
     * @param source path or URL of the image or clip, written without credentials
     * @param frame number of the frame, from 0
     * @param ptsMillis presentation time since the first frame; 0 for an image
     */
    public void writeDetectLine(
            String source, long frame, long ptsMillis, ImageSize size, List<Detection> detections, OutputStream out)
            throws IOException {
        writeLine(
                json -> {
                    json.writeStartObject();
                    json.writeFieldName(SOURCE);
                    json.writeString(Redaction.redact(source));
                    json.writeFieldName(FRAME);
                    json.writeNumber(frame);
                    json.writeFieldName(PTS_MILLIS);
                    json.writeNumber(ptsMillis);
                    size(json, size);
                    detections(json, detections);
                    json.writeEndObject();
                },
                out);
    }

    /** Id of the message about a state change: {@code stream/milliseconds/state}, the same in repeats of the message. */
    public static String id(StreamStatus status) {
        return id(status, status.atMillis());
    }

    /** Id of the message by which a state is renewed at a later time. */
    public static String id(StreamStatus status, long atMillis) {
        return status.stream() + "/" + atMillis + "/" + name(status.state());
    }

    private void detections(JsonGenerator json, FrameDetections frame, long publishedAtMillis, boolean isSuperseded)
            throws IOException {
        json.writeStartObject();
        json.writeFieldName(SCHEMA);
        json.writeString(DETECTIONS_SCHEMA);
        json.writeFieldName(ID);
        json.writeString(frame.id());
        json.writeFieldName(STREAM);
        json.writeString(frame.stream());
        origin(json, frame.origin());
        if (isSuperseded) {
            json.writeFieldName(SUPERSEDED);
            json.writeBoolean(true);
        }
        json.writeFieldName(SEQUENCE);
        json.writeNumber(frame.sequence());
        json.writeFieldName(CAPTURED_AT);
        values.writeTime(json, frame.capturedAtMillis());
        if (frame.cameraTimeMillis() != FrameInfo.NO_CAMERA_TIME) {
            json.writeFieldName(CAMERA_TIME);
            values.writeTime(json, frame.cameraTimeMillis());
        }
        json.writeFieldName(PUBLISHED_AT);
        values.writeTime(json, publishedAtMillis);
        json.writeFieldName(PTS_MILLIS);
        json.writeNumber(Math.floorDiv(frame.ptsNanos(), 1_000_000L));
        size(json, frame.size());
        ModelIdentity model = frame.model();
        json.writeFieldName(MODEL);
        json.writeStartObject();
        json.writeFieldName(NAME);
        json.writeString(model.name());
        json.writeFieldName(VERSION);
        json.writeString(model.version());
        json.writeFieldName(PRECISION);
        json.writeString(model.precision());
        json.writeFieldName(BACKEND);
        json.writeString(model.backend());
        json.writeEndObject();
        detections(json, frame.detections());
        json.writeEndObject();
    }

    private void status(
            JsonGenerator json,
            StreamStatus status,
            String id,
            long publishedAtMillis,
            long validUntilMillis,
            @Nullable NodeEpoch origin)
            throws IOException {
        json.writeStartObject();
        json.writeFieldName(SCHEMA);
        json.writeString(STREAMS_SCHEMA);
        json.writeFieldName(ID);
        json.writeString(id);
        json.writeFieldName(STREAM);
        json.writeString(status.stream());
        origin(json, origin);
        json.writeFieldName(STATE);
        json.writeString(name(status.state()));
        json.writeFieldName(REASON);
        json.writeString(Redaction.redact(status.reason()));
        if (status.reasonCode() != StreamReason.NONE) {
            json.writeFieldName(REASON_CODE);
            json.writeString(status.reasonCode().code());
        }
        json.writeFieldName(CHANGED_AT);
        values.writeTime(json, status.atMillis());
        json.writeFieldName(PUBLISHED_AT);
        values.writeTime(json, publishedAtMillis);
        if (validUntilMillis > 0) {
            json.writeFieldName(VALID_UNTIL);
            values.writeTime(json, validUntilMillis);
        }
        json.writeEndObject();
    }

    private static void origin(JsonGenerator json, @Nullable NodeEpoch origin) throws IOException {
        if (origin != null) {
            json.writeFieldName(NODE);
            json.writeString(origin.node());
            json.writeFieldName(EPOCH);
            json.writeNumber(origin.epoch());
        }
    }

    private static String name(StreamStatus.State state) {
        return state.name().toLowerCase(Locale.ROOT);
    }

    private static void size(JsonGenerator json, ImageSize size) throws IOException {
        json.writeFieldName(WIDTH);
        json.writeNumber(size.width());
        json.writeFieldName(HEIGHT);
        json.writeNumber(size.height());
    }

    private void detections(JsonGenerator json, List<Detection> detections) throws IOException {
        json.writeFieldName(DETECTIONS);
        json.writeStartArray();
        for (int i = 0; i < detections.size(); i++) {
            Detection detection = detections.get(i);
            json.writeStartObject();
            json.writeFieldName(LABEL);
            json.writeString(detection.label());
            json.writeFieldName(CONFIDENCE);
            values.writeConfidence(json, detection.confidence());
            json.writeFieldName(BOX);
            values.writeBox(json, detection.sourceBox());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private void writeLine(JsonEncoder.Body body, OutputStream out) throws IOException {
        ByteArrayOutputStream encoded = encoder.encode(body);
        encoded.write('\n');
        encoded.writeTo(out);
    }
}
