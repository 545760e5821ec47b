package io.helmwatch.sinks;

import com.fasterxml.jackson.core.JsonGenerator;
import io.helmwatch.vision.BoundingBox;
import java.io.IOException;

/**
 * Writes the values that all events share, in one format: times as {@link EventTime} renders them; coordinates rounded to 0.1
 * pixel (half up), always with one decimal; confidences rounded to 0.001, with two decimals where the third is zero. A number
 * that is not finite becomes 0.
 *
 * <p>Threading: owned by one thread at a time. Writing allocates nothing.
 */
final class EventValues {
    private static final double MAX_COORDINATE = 1e9;

    private final EventTime time = new EventTime();
    private final char[] digits = new char[32];

    void writeTime(JsonGenerator json, long epochMillis) throws IOException {
        json.writeString(time.render(epochMillis), 0, EventTime.LENGTH);
    }

    void writeBox(JsonGenerator json, BoundingBox box) throws IOException {
        json.writeStartArray();
        writeCoordinate(json, box.x1());
        writeCoordinate(json, box.y1());
        writeCoordinate(json, box.x2());
        writeCoordinate(json, box.y2());
        json.writeEndArray();
    }

    private void writeCoordinate(JsonGenerator json, float value) throws IOException {
        double bounded = Double.isFinite(value) ? Math.max(-MAX_COORDINATE, Math.min(MAX_COORDINATE, value)) : 0;
        writeFixed(json, Math.round(bounded * 10), 1);
    }

    void writeConfidence(JsonGenerator json, float value) throws IOException {
        double bounded = Float.isNaN(value) ? 0 : Math.max(0, Math.min(1, value));
        long thousandths = Math.round(bounded * 1_000);
        if (thousandths % 10 == 0) {
            writeFixed(json, thousandths / 10, 2);
        } else {
            writeFixed(json, thousandths, 3);
        }
    }

    /** Writes a number from 0 to 1, rounded to 0.0001, with four decimals. */
    void writeFraction(JsonGenerator json, double value) throws IOException {
        double bounded = Double.isNaN(value) ? 0 : Math.max(0, Math.min(1, value));
        writeFixed(json, Math.round(bounded * 10_000), 4);
    }

    /** Writes a time from the start of a video, rounded to a microsecond, with six decimals. */
    void writeSeconds(JsonGenerator json, double seconds) throws IOException {
        writeFixed(json, Math.round((Double.isFinite(seconds) ? Math.max(0, seconds) : 0) * 1_000_000), 6);
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
}
