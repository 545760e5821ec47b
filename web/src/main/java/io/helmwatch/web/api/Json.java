package io.helmwatch.web.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import io.helmwatch.resource.ConstantName;
import io.helmwatch.web.RefusedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * JSON of the API: instants as ISO 8601 with milliseconds, enumerations in lower case; what is read has bounded depth, no repeated keys and no
 * unknown ones. Threading: any thread.
 */
public final class Json {
    private static final int DEEPEST = 32;
    private static final ObjectMapper MAPPER = mapper();

    private Json() {}

    private static ObjectMapper mapper() {
        JsonFactory factory = JsonFactory.builder()
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(DEEPEST)
                        .maxNumberLength(64)
                        .build())
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .build();
        SimpleModule module = new SimpleModule();
        module.addSerializer(new InstantText());
        module.addSerializer(new EnumText());
        return JsonMapper.builder(factory)
                .addModule(module)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                .build();
    }

    /** A value as JSON. */
    public static byte[] bytes(Object value) {
        try {
            return MAPPER.writeValueAsBytes(value);
        } catch (JsonProcessingException failure) {
            throw new IllegalStateException("answer is not JSON: " + failure.getOriginalMessage(), failure);
        }
    }

    /** A value as JSON text. */
    public static String text(Object value) {
        return new String(bytes(value), StandardCharsets.UTF_8);
    }

    /**
     * Reads a value.
     *
     * @throws RefusedException where the bytes are not its JSON
     */
    static <T> T read(byte[] body, Class<T> type) {
        try {
            T value = MAPPER.readValue(body, type);
            if (value == null) {
                throw invalid("the body is null");
            }
            return value;
        } catch (JsonProcessingException damaged) {
            throw invalid(firstLine(damaged.getOriginalMessage()));
        } catch (IOException damaged) {
            throw invalid("the body is not JSON");
        }
    }

    private static RefusedException invalid(String why) {
        return new RefusedException(RefusedException.Kind.INVALID, "the body is not the expected JSON: " + why);
    }

    /** Jackson's sentence without names of classes, and without what it says of its source. */
    private static String firstLine(String message) {
        String line = message.lines().findFirst().orElse("").replaceAll("\\(?class [\\w.$]+\\)?,?", "");
        return line.replaceAll(" ?\\(start marker at \\[[^]]*]\\)?", "")
                .replaceAll("`?[a-z]+(\\.[A-Za-z_$]\\w*)+(\\$\\w+)?`?", "value")
                .strip();
    }

    /** A tree of no particular type. */
    static JsonNode tree(byte[] body) {
        JsonNode tree = read(body, JsonNode.class);
        if (!tree.isObject()) {
            throw invalid("expected an object");
        }
        return tree;
    }

    private static final class InstantText extends StdSerializer<Instant> {
        private static final long serialVersionUID = 1L;

        InstantText() {
            super(Instant.class);
        }

        @Override
        public void serialize(Instant value, JsonGenerator out, SerializerProvider provider) throws IOException {
            out.writeString(value.truncatedTo(ChronoUnit.MILLIS).toString());
        }
    }

    private static final class EnumText extends StdSerializer<Enum<?>> {
        private static final long serialVersionUID = 1L;

        EnumText() {
            super(Enum.class, false);
        }

        @Override
        public void serialize(Enum<?> value, JsonGenerator out, SerializerProvider provider) throws IOException {
            out.writeString(ConstantName.of(value));
        }
    }
}
