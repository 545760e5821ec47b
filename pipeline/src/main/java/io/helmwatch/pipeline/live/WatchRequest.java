package io.helmwatch.pipeline.live;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a viewer wants to watch; replaces what it watched.
 *
 * @param wishes by stream
 */
record WatchRequest(Map<String, Wish> wishes) {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int MAX_STREAMS = 64;

    /** How video is wanted. */
    enum Video {
        /** MP4 where it is possible, else JPEG. */
        AUTO,
        /** JPEG. */
        JPEG,
        /** Frame data only. */
        NONE
    }

    /**
     * What a viewer wants of one stream.
     *
     * @param video how its video is wanted
     * @param hevc whether the viewer plays HEVC
     */
    record Wish(Video video, boolean hevc) {}

    /**
     * Reads {@code {"type": "watch", "streams": [{"id": …, "video": "auto", "hevc": false}]}}.
     *
     * @throws IllegalArgumentException with a sentence when it is something else
     */
    static WatchRequest parse(String message) {
        JsonNode root;
        try {
            root = MAPPER.readTree(message);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("expected a message in JSON");
        }
        if (root == null
                || !root.path("type").asText().equals("watch")
                || !root.path("streams").isArray()) {
            throw new IllegalArgumentException("expected a message of type watch with streams");
        }
        if (root.path("streams").size() > MAX_STREAMS) {
            throw new IllegalArgumentException("more than " + MAX_STREAMS + " streams cannot be watched at once");
        }
        Map<String, Wish> wishes = new LinkedHashMap<>();
        for (JsonNode stream : root.path("streams")) {
            if (!stream.path("id").isTextual()) {
                throw new IllegalArgumentException("expected the id of a stream");
            }
            wishes.put(
                    stream.path("id").asText(),
                    new Wish(
                            video(stream.path("video").asText("auto")),
                            stream.path("hevc").asBoolean(false)));
        }
        return new WatchRequest(wishes);
    }

    private static Video video(String text) {
        return switch (text) {
            case "jpeg" -> Video.JPEG;
            case "none" -> Video.NONE;
            case "auto" -> Video.AUTO;
            default -> throw new IllegalArgumentException("expected video to be auto, jpeg or none");
        };
    }
}
