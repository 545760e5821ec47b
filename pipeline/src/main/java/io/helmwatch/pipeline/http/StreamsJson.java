package io.helmwatch.pipeline.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.vision.DropCause;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Collection;
import java.util.Locale;

/** The page {@code /streams}: state and counts of every stream. */
public final class StreamsJson {
    private static final JsonFactory JSON = new JsonFactory();

    private StreamsJson() {}

    public static String of(Collection<StreamFeed> feeds) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeArrayFieldStart("streams");
            for (StreamFeed feed : feeds) {
                write(json, feed);
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return text.append('\n').toString();
    }

    private static void write(JsonGenerator json, StreamFeed feed) throws IOException {
        json.writeStartObject();
        json.writeStringField("id", feed.id());
        json.writeStringField("state", feed.status().state().name().toLowerCase(Locale.ROOT));
        json.writeStringField("reason", feed.status().reason());
        json.writeStringField(
                "since", Instant.ofEpochMilli(feed.status().atMillis()).toString());
        json.writeStringField("device", feed.device());
        json.writeBooleanField("live", feed.isLive());
        json.writeNumberField("decoded", feed.decoded());
        json.writeNumberField("analysed", feed.analysed());
        json.writeObjectFieldStart("dropped");
        for (DropCause cause : DropCause.values()) {
            json.writeNumberField(cause.tag(), feed.dropped(cause));
        }
        json.writeEndObject();
        json.writeNumberField("reconnects", feed.reconnects());
        json.writeNumberField("slotsHeld", feed.slotsHeld());
        json.writeEndObject();
    }
}
