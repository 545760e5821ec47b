package io.helmwatch.sinks.spool;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.helmwatch.sinks.EventTime;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The file of messages that the broker rejects for good: one line of JSON each, with the reason.
 *
 * <p>Threading: one thread at a time.
 */
final class DeadLetters {
    static final String FILE = "dead-letters.jsonl";

    private static final JsonFactory JSON = new JsonFactory();

    private final Path file;

    DeadLetters(Path directory) {
        this.file = directory.resolve(FILE);
    }

    /** Appends a message; it survives a power cut once the call returned. */
    void append(SpooledEvent event, String reason, long atMillis) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(line)) {
            json.writeStartObject();
            json.writeStringField("setAsideAt", EventTime.format(atMillis));
            json.writeStringField("reason", reason);
            json.writeFieldName("event");
            json.writeRawValue(new String(event.value(), StandardCharsets.UTF_8));
            json.writeEndObject();
        }
        line.write('\n');
        Files.write(
                file,
                line.toByteArray(),
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND,
                StandardOpenOption.SYNC);
    }
}
