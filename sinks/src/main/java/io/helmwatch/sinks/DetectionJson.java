package io.helmwatch.sinks;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.SerializedString;
import io.helmwatch.config.Redaction;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.ModelIdentity;
import io.helmwatch.vision.StreamStatus;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Writes messages as JSON: what goes to Kafka, into JSON-lines files and to standard output. The schemas are in
 * {@code docs/schema}.
 *
 * <p>Rounding: coordinates to 0.1 pixel (half up), always with one decimal; confidences to 0.001, with two decimals where
 * the third is zero. A number that is not finite becomes 0. Times are RFC 3339 in UTC with milliseconds, years 1970 to 9999.
 *
 * <p>Threading: owned by one thread at a time. Its buffer and generator are kept, so that a message costs no more than the
 * bytes that are returned.
 */
public final class DetectionJson {
    /** Value of {@code schema} in a message of one frame's detections. */
    public static final String DETECTIONS_SCHEMA = "helmwatch.detections/1";

    /** Value of {@code schema} in a message of a stream's state. */
    public static final String STREAMS_SCHEMA = "helmwatch.streams/1";

    private static final JsonFactory FACTORY =
            new JsonFactoryBuilder().rootValueSeparator("").build();
    private static final long LAST_MILLIS = 253_402_300_799_999L;
    private static final double LARGEST_COORDINATE = 1e9;

    private static final SerializableString SCHEMA = new SerializedString("schema");
    private static final SerializableString ID = new SerializedString("id");
    private static final SerializableString STREAM = new SerializedString("stream");
    private static final SerializableString SEQUENCE = new SerializedString("sequence");
    private static final SerializableString CAPTURED_AT = new SerializedString("capturedAt");
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
    private static final SerializableString CHANGED_AT = new SerializedString("changedAt");

    private final Buffer buffer = new Buffer();
    private final char[] digits = new char[32];
    private @Nullable JsonGenerator generator;

    /** One message of what a frame showed. */
    public byte[] detections(FrameDetections frame, long publishedAtMillis) {
        return encode(json -> detections(json, frame, publishedAtMillis)).toByteArray();
    }

    /** Writes one message of what a frame showed as a line. */
    public void writeDetections(FrameDetections frame, long publishedAtMillis, OutputStream out) throws IOException {
        writeLine(json -> detections(json, frame, publishedAtMillis), out);
    }

    /** One message of a stream's state. */
    public byte[] status(StreamStatus status, long publishedAtMillis) {
        return encode(json -> status(json, status, publishedAtMillis)).toByteArray();
    }

    /** Writes one message of a stream's state as a line. */
    public void writeStatus(StreamStatus status, long publishedAtMillis, OutputStream out) throws IOException {
        writeLine(json -> status(json, status, publishedAtMillis), out);
    }

    /**
     * Writes what one picture or frame showed as the line of {@code helmwatch detect}.
     *
     * @param source the picture's or clip's path or URL, shown without credentials
     * @param frame number of the frame, from 0
     * @param ptsMillis presentation time since the first frame; 0 for a picture
     */
    public void writePicture(
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

    /** {@code stream/milliseconds/state}, stable over repeats of the same message. */
    public static String id(StreamStatus status) {
        return status.stream() + "/" + status.atMillis() + "/" + name(status.state());
    }

    /** A time as RFC 3339 in UTC with milliseconds, e.g. {@code 2026-11-20T12:00:00.040Z}. */
    public static String time(long millis) {
        char[] text = new char[24];
        time(millis, text);
        return new String(text);
    }

    private void detections(JsonGenerator json, FrameDetections frame, long publishedAtMillis) throws IOException {
        json.writeStartObject();
        json.writeFieldName(SCHEMA);
        json.writeString(DETECTIONS_SCHEMA);
        json.writeFieldName(ID);
        json.writeString(frame.id());
        json.writeFieldName(STREAM);
        json.writeString(frame.stream());
        json.writeFieldName(SEQUENCE);
        json.writeNumber(frame.sequence());
        json.writeFieldName(CAPTURED_AT);
        writeTime(json, frame.capturedAtMillis());
        json.writeFieldName(PUBLISHED_AT);
        writeTime(json, publishedAtMillis);
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

    private void status(JsonGenerator json, StreamStatus status, long publishedAtMillis) throws IOException {
        json.writeStartObject();
        json.writeFieldName(SCHEMA);
        json.writeString(STREAMS_SCHEMA);
        json.writeFieldName(ID);
        json.writeString(id(status));
        json.writeFieldName(STREAM);
        json.writeString(status.stream());
        json.writeFieldName(STATE);
        json.writeString(name(status.state()));
        json.writeFieldName(REASON);
        json.writeString(Redaction.redact(status.reason()));
        json.writeFieldName(CHANGED_AT);
        writeTime(json, status.atMillis());
        json.writeFieldName(PUBLISHED_AT);
        writeTime(json, publishedAtMillis);
        json.writeEndObject();
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
            BoundingBox box = detection.sourceBox();
            json.writeStartObject();
            json.writeFieldName(LABEL);
            json.writeString(detection.label());
            json.writeFieldName(CONFIDENCE);
            writeConfidence(json, detection.confidence());
            json.writeFieldName(BOX);
            json.writeStartArray();
            writeCoordinate(json, box.x1());
            writeCoordinate(json, box.y1());
            writeCoordinate(json, box.x2());
            writeCoordinate(json, box.y2());
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private void writeCoordinate(JsonGenerator json, float value) throws IOException {
        double bounded =
                Double.isFinite(value) ? Math.max(-LARGEST_COORDINATE, Math.min(LARGEST_COORDINATE, value)) : 0;
        writeFixed(json, Math.round(bounded * 10), 1);
    }

    private void writeConfidence(JsonGenerator json, float value) throws IOException {
        double bounded = Float.isNaN(value) ? 0 : Math.max(0, Math.min(1, value));
        long thousandths = Math.round(bounded * 1_000);
        if (thousandths % 10 == 0) {
            writeFixed(json, thousandths / 10, 2);
        } else {
            writeFixed(json, thousandths, 3);
        }
    }

    /** Writes {@code scaled / 10^decimals} with that many decimals. */
    private void writeFixed(JsonGenerator json, long scaled, int decimals) throws IOException {
        long rest = Math.abs(scaled);
        int at = digits.length;
        for (int i = 0; i < decimals; i++) {
            digits[--at] = (char) ('0' + rest % 10);
            rest /= 10;
        }
        digits[--at] = '.';
        do {
            digits[--at] = (char) ('0' + rest % 10);
            rest /= 10;
        } while (rest > 0);
        if (scaled < 0) {
            digits[--at] = '-';
        }
        json.writeNumber(digits, at, digits.length - at);
    }

    private void writeTime(JsonGenerator json, long millis) throws IOException {
        time(millis, digits);
        json.writeString(digits, 0, 24);
    }

    /** The first 24 characters become the time. */
    private static void time(long millis, char[] text) {
        long bounded = Math.max(0, Math.min(LAST_MILLIS, millis));
        int ofDay = (int) (bounded % 86_400_000L);
        // Days to a date of the Gregorian calendar, with years that begin in March so that the leap day is the last.
        long days = bounded / 86_400_000L + 719_468;
        int era = (int) (days / 146_097);
        int dayOfEra = (int) (days % 146_097);
        int yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        int dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        int monthFromMarch = (5 * dayOfYear + 2) / 153;
        int day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1;
        int month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
        int year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0);
        put(text, 0, year, 4);
        text[4] = '-';
        put(text, 5, month, 2);
        text[7] = '-';
        put(text, 8, day, 2);
        text[10] = 'T';
        put(text, 11, ofDay / 3_600_000, 2);
        text[13] = ':';
        put(text, 14, ofDay / 60_000 % 60, 2);
        text[16] = ':';
        put(text, 17, ofDay / 1_000 % 60, 2);
        text[19] = '.';
        put(text, 20, ofDay % 1_000, 3);
        text[23] = 'Z';
    }

    private static void put(char[] text, int from, int value, int width) {
        int rest = value;
        for (int i = from + width - 1; i >= from; i--) {
            text[i] = (char) ('0' + rest % 10);
            rest /= 10;
        }
    }

    private void writeLine(Body body, OutputStream out) throws IOException {
        Buffer encoded = encode(body);
        encoded.write('\n');
        encoded.writeTo(out);
    }

    /** Encodes into the buffer. After a failure the generator, whose state is then unknown, is replaced. */
    private Buffer encode(Body body) {
        buffer.reset();
        JsonGenerator json = generator;
        generator = null;
        try {
            if (json == null) {
                json = FACTORY.createGenerator(buffer);
            }
            body.write(json);
            json.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("message cannot be written as JSON: " + e.getMessage(), e);
        }
        generator = json;
        return buffer;
    }

    /** Writes one value. */
    private interface Body {
        void write(JsonGenerator json) throws IOException;
    }

    /** A buffer that gives back memory after an unusually large message. */
    private static final class Buffer extends ByteArrayOutputStream {
        private static final int USUAL_BYTES = 4_096;
        private static final int KEPT_BYTES = 1 << 20;

        Buffer() {
            super(USUAL_BYTES);
        }

        @Override
        public synchronized void reset() {
            super.reset();
            if (buf.length > KEPT_BYTES) {
                buf = new byte[USUAL_BYTES];
            }
        }
    }
}
