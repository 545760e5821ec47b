package io.helmwatch.sinks.spool;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.resource.AtomicFile;
import io.helmwatch.resource.PrivateFiles;
import io.helmwatch.sinks.EventTime;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The file of messages that the broker, or the target of a notification, rejected for good: one line of JSON each, with the reason. Lines that cannot be read are
 * kept.
 *
 * <p>Threading: one thread at a time.
 */
final class DeadLetters {
    static final String FILE = "dead-letters.jsonl";

    private static final JsonFactory JSON = new JsonFactory();
    private static final ObjectMapper MAPPER = new ObjectMapper();

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
        PrivateFiles.createOrRestrict(file);
        Files.write(file, line.toByteArray(), StandardOpenOption.APPEND, StandardOpenOption.SYNC);
    }

    /** All readable messages, oldest first. */
    List<DeadLetter> read() throws IOException {
        List<DeadLetter> letters = new ArrayList<>();
        for (String line : lines()) {
            DeadLetter letter = parse(line);
            if (letter != null) {
                letters.add(letter);
            }
        }
        return letters;
    }

    /** Removes messages from the file, which is replaced as a whole. */
    void remove(List<DeadLetter> letters) throws IOException {
        Set<String> ids = letters.stream().map(letter -> letter.event().id()).collect(Collectors.toSet());
        StringBuilder kept = new StringBuilder();
        for (String line : lines()) {
            DeadLetter letter = parse(line);
            if (letter == null || !ids.contains(letter.event().id())) {
                kept.append(line).append('\n');
            }
        }
        AtomicFile.replace(file, kept.toString().getBytes(StandardCharsets.UTF_8), AtomicFile.Durability.SYNCED);
    }

    /** Size of the file; 0 where there is none. Any thread. */
    long bytes() {
        return file.toFile().length();
    }

    private List<String> lines() throws IOException {
        if (!Files.exists(file)) {
            return List.of();
        }
        // A line that was cut off by a power cut may not be UTF-8.
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.isBlank())
                .toList();
    }

    private static @Nullable DeadLetter parse(String line) {
        try {
            JsonNode letter = MAPPER.readTree(line);
            JsonNode event = letter.path("event");
            String id = event.path("id").textValue();
            if (id == null) {
                return null;
            }
            return new DeadLetter(
                    new SpooledEvent(
                            0,
                            id,
                            event.path("incident").asText(id),
                            event.path("stream").asText(event.path("node").asText()),
                            event.path("phase").asText(event.path("type").asText()),
                            Instant.parse(event.path("decidedAt")
                                            .asText(event.path("at").asText()))
                                    .toEpochMilli(),
                            rawEvent(line.getBytes(StandardCharsets.UTF_8))),
                    letter.path("reason").asText(),
                    letter.path("setAsideAt").asText());
        } catch (IOException | DateTimeParseException e) {
            return null;
        }
    }

    /** The message with the bytes with which it was recorded. */
    private static byte[] rawEvent(byte[] line) throws IOException {
        try (JsonParser json = JSON.createParser(line)) {
            json.nextToken();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                boolean isEvent = json.currentName().equals("event");
                json.nextToken();
                int start = (int) json.currentTokenLocation().getByteOffset();
                json.skipChildren();
                if (isEvent) {
                    return Arrays.copyOfRange(
                            line, start, (int) json.currentLocation().getByteOffset());
                }
            }
        }
        throw new IOException("no event");
    }
}
