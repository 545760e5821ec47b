package io.helmwatch.sinks.evidence;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.helmwatch.sinks.ClipJson;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.Incident;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A clip as it is found on disk. Threading: any thread; immutable.
 *
 * @param incident id of its incident
 * @param rule name of the rule
 * @param video the file
 * @param zone name of the zone; null where the rule applies to the whole frame
 * @param zonePolygon corners of the zone; empty where the rule applies to the whole frame
 * @param track of the head that the incident started with; 0 for rules about several people
 * @param from capture time of the first frame, RFC 3339
 * @param size of the frames that the boxes refer to
 * @param frames what was detected, by presentation time
 */
public record StoredClip(
        String incident,
        String rule,
        Path video,
        @Nullable String zone,
        List<Incident.Corner> zonePolygon,
        int track,
        String from,
        ImageSize size,
        List<ClipJson.Frame> frames) {
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final String SIDECAR = ".json";

    /** Keeps its own copies. */
    public StoredClip {
        zonePolygon = List.copyOf(zonePolygon);
        frames = List.copyOf(frames);
    }

    /**
     * Finds the clip of an incident.
     *
     * @param directory the folder of the clips
     * @param incident id of the incident, {@code STREAM/RUN/RULE/NUMBER}
     * @throws IOException when the folder or the sidecar cannot be read
     */
    public static Optional<StoredClip> find(Path directory, String incident) throws IOException {
        String[] parts = incident.split("/", -1);
        if (parts.length < 4) {
            return Optional.empty();
        }
        String rule = String.join("/", List.of(parts).subList(2, parts.length - 1));
        Path folder = directory.resolve(EvidenceFolder.segment(parts[0]));
        String ending = EvidenceFolder.suffix(rule, incident) + SIDECAR;
        if (!Files.isDirectory(folder)) {
            return Optional.empty();
        }
        try (Stream<Path> walk = Files.walk(folder, 2)) {
            for (Path sidecar :
                    (Iterable<Path>) walk.filter(file -> file.toString().endsWith(ending))::iterator) {
                StoredClip clip = read(sidecar);
                if (clip.incident().equals(incident)) {
                    return Optional.of(clip);
                }
            }
        }
        return Optional.empty();
    }

    /**
     * Reads a sidecar; the video is beside it.
     *
     * @throws IOException when it cannot be read
     */
    public static StoredClip read(Path sidecar) throws IOException {
        JsonNode json = MAPPER.readTree(sidecar.toFile());
        if (!ClipJson.SCHEMA.equals(json.path("schema").textValue())) {
            throw new IOException(sidecar + ": expected the schema " + ClipJson.SCHEMA + ", found "
                    + json.path("schema").asText("none"));
        }
        List<Incident.Corner> corners = new ArrayList<>();
        json.path("zonePolygon")
                .forEach(corner -> corners.add(new Incident.Corner(
                        corner.path(0).asDouble(), corner.path(1).asDouble())));
        List<ClipJson.Frame> frames = new ArrayList<>();
        json.path("frames").forEach(frame -> frames.add(frame(frame)));
        return new StoredClip(
                json.path("incident").asText(),
                json.path("rule").asText(),
                sidecar.resolveSibling(json.path("video").asText()),
                json.path("zone").textValue(),
                corners,
                json.path("track").asInt(),
                json.path("from").asText(),
                new ImageSize(json.path("width").asInt(1), json.path("height").asInt(1)),
                frames);
    }

    private static ClipJson.Frame frame(JsonNode frame) {
        List<ClipJson.Box> boxes = new ArrayList<>();
        for (JsonNode box : frame.path("boxes")) {
            JsonNode corners = box.path("box");
            boxes.add(new ClipJson.Box(
                    new BoundingBox(side(corners, 0), side(corners, 1), side(corners, 2), side(corners, 3)),
                    box.path("label").asText(),
                    box.path("kind").asText(),
                    (float) box.path("confidence").asDouble(),
                    box.path("track").asInt()));
        }
        return new ClipJson.Frame(frame.path("t").asDouble(), boxes);
    }

    private static float side(JsonNode corners, int index) {
        return (float) corners.path(index).asDouble();
    }
}
