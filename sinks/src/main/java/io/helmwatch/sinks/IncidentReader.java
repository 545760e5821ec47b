package io.helmwatch.sinks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.Incident.EndReason;
import io.helmwatch.vision.ModelIdentity;
import io.helmwatch.vision.NodeEpoch;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads messages about incidents as {@link IncidentJson} writes them. Times have milliseconds, boxes a tenth of a pixel, as in the messages.
 *
 * <p>Threading: any thread.
 */
public final class IncidentReader {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final long NANOS_PER_MILLI = 1_000_000;

    private IncidentReader() {}

    /**
     * A message as it was published.
     *
     * @param incident what it says
     * @param isSuperseded whether it says of itself that another node had taken its stream over
     */
    public record Message(Incident incident, boolean isSuperseded) {}

    /** The message; empty for what is none, or of a kind that this version does not know. */
    public static Optional<Message> read(byte @Nullable [] value) {
        if (value == null) {
            return Optional.empty();
        }
        try {
            JsonNode fields = MAPPER.readTree(value);
            return fields.path("incident").isTextual()
                    ? Optional.of(new Message(
                            incident(fields), fields.path("superseded").asBoolean(false)))
                    : Optional.empty();
        } catch (IOException | DateTimeException | ArithmeticException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static Incident incident(JsonNode fields) {
        JsonNode people = fields.path("people");
        JsonNode model = fields.path("model");
        JsonNode endReason = fields.path("endReason");
        JsonNode epoch = fields.path("epoch");
        return Incident.builder()
                .id(fields.path("incident").asText())
                .revision(fields.path("revision").asInt())
                .phase(constant(Incident.Phase.class, fields.path("phase").asText()))
                .stream(fields.path("stream").asText())
                .rule(fields.path("rule").asText())
                .kind(constant(Incident.Kind.class, fields.path("kind").asText()))
                .zone(text(fields, "zone"))
                .track(fields.path("track").asInt(0))
                .people(people.path("count").asInt(1))
                .limit(people.path("limit").asInt(0))
                .startedAtMillis(millis(fields, "startedAt"))
                .lastAtMillis(millis(fields, "lastAt"))
                .decidedAtMillis(millis(fields, "decidedAt"))
                .decidedSequence(fields.path("sequence").asLong())
                .decidedPtsNanos(fields.path("ptsMillis").asLong() * NANOS_PER_MILLI)
                .endReason(endReason.isTextual() ? constant(EndReason.class, endReason.asText()) : null)
                .peakConfidence((float) fields.path("confidence").path("peak").asDouble())
                .meanConfidence((float) fields.path("confidence").path("mean").asDouble())
                .observations(fields.path("observations").asInt())
                .positions(positions(fields.path("positions")))
                .size(new ImageSize(
                        fields.path("width").asInt(), fields.path("height").asInt()))
                .model(new ModelIdentity(
                        model.path("name").asText(),
                        model.path("version").asText(),
                        model.path("precision").asText(),
                        model.path("backend").asText()))
                .snapshot(snapshot(fields.path("snapshot")))
                .zonePolygon(corners(fields.path("zonePolygon")))
                .clip(clip(fields.path("clip")))
                .origin(epoch.isNumber() ? origin(fields, epoch.asLong()) : null)
                .build();
    }

    private static NodeEpoch origin(JsonNode fields, long epoch) {
        if (epoch > NodeEpoch.LARGEST) {
            throw new IllegalArgumentException(
                    "expected an epoch of at most " + NodeEpoch.LARGEST + ", found " + epoch);
        }
        return new NodeEpoch(fields.path("node").asText(""), epoch);
    }

    private static <E extends Enum<E>> E constant(Class<E> type, String name) {
        return Enum.valueOf(type, name.toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    private static long millis(JsonNode fields, String name) {
        return Instant.parse(fields.path(name).asText()).toEpochMilli();
    }

    private static @Nullable String text(JsonNode fields, String name) {
        JsonNode value = fields.path(name);
        return value.isTextual() ? value.asText() : null;
    }

    private static List<Incident.Position> positions(JsonNode items) {
        List<Incident.Position> positions = new ArrayList<>();
        for (JsonNode item : items) {
            JsonNode box = item.path("box");
            positions.add(new Incident.Position(
                    item.path("track").asInt(),
                    millis(item, "at"),
                    new BoundingBox(coordinate(box, 0), coordinate(box, 1), coordinate(box, 2), coordinate(box, 3))));
        }
        return positions;
    }

    private static float coordinate(JsonNode box, int index) {
        return (float) box.path(index).asDouble();
    }

    private static List<Incident.Corner> corners(JsonNode items) {
        List<Incident.Corner> corners = new ArrayList<>();
        items.forEach(item -> corners.add(
                new Incident.Corner(item.path(0).asDouble(), item.path(1).asDouble())));
        return corners;
    }

    private static Incident.@Nullable Snapshot snapshot(JsonNode fields) {
        return fields.isObject()
                ? new Incident.Snapshot(
                        fields.path("path").asText(),
                        fields.path("sha256").asText(),
                        text(fields, "drawnPath"),
                        text(fields, "drawnSha256"),
                        text(fields, "url"),
                        text(fields, "drawnUrl"))
                : null;
    }

    private static Incident.@Nullable Clip clip(JsonNode fields) {
        return fields.isObject()
                ? new Incident.Clip(
                        fields.path("path").asText(),
                        fields.path("sha256").asText(),
                        fields.path("url").asText(),
                        fields.path("bytes").asLong(),
                        millis(fields, "from"),
                        millis(fields, "to"),
                        fields.path("masked").asBoolean(),
                        new Incident.Sidecar(
                                fields.path("sidecarPath").asText(),
                                fields.path("sidecarSha256").asText(),
                                fields.path("sidecarUrl").asText()))
                : null;
    }
}
