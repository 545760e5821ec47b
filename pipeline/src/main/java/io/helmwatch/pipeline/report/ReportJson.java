package io.helmwatch.pipeline.report;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Writes reports, which are records, as JSON: one field per component, in order and under its name. NaN and infinities, which JSON does
 * not have, are written as null. Not for the hot path.
 *
 * <p>Threading: any thread.
 */
public final class ReportJson {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .visibility(PropertyAccessor.GETTER, Visibility.NONE)
            .visibility(PropertyAccessor.IS_GETTER, Visibility.NONE)
            .visibility(PropertyAccessor.FIELD, Visibility.ANY)
            .addModule(new SimpleModule()
                    .addSerializer(Double.class, new FiniteNumber(Double.class))
                    .addSerializer(double.class, new FiniteNumber(double.class)))
            .build();

    private ReportJson() {}

    /** The report on one line. */
    public static String line(Object report) {
        try {
            return MAPPER.writeValueAsString(report) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(report.getClass().getSimpleName() + " cannot be written as JSON", e);
        }
    }

    /** The report with a line per field, for files that people read. */
    public static String pretty(Object report) {
        try {
            return MAPPER.writer(SerializationFeature.INDENT_OUTPUT).writeValueAsString(report) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(report.getClass().getSimpleName() + " cannot be written as JSON", e);
        }
    }

    /** A stored report as a tree; empty when the file is absent or is not JSON. */
    public static Optional<JsonNode> read(Path file) {
        try {
            return Optional.of(MAPPER.readTree(Files.readAllBytes(file)));
        } catch (IOException absentOrDamaged) {
            return Optional.empty();
        }
    }

    private static final class FiniteNumber extends StdSerializer<Double> {
        private static final long serialVersionUID = 1L;

        FiniteNumber(Class<Double> type) {
            super(type);
        }

        @Override
        public void serialize(Double value, JsonGenerator json, SerializerProvider provider) throws IOException {
            if (Double.isFinite(value)) {
                json.writeNumber(value);
            } else {
                json.writeNull();
            }
        }
    }
}
