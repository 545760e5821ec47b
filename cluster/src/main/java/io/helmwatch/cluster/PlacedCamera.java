package io.helmwatch.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Map;

/**
 * A camera in the topic of cameras.
 *
 * @param id the stream's id
 * @param partition the partition that it is in
 * @param settings JSON with the keys of a stream
 */
public record PlacedCamera(String id, int partition, String settings) {
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .build();

    /** Settings as they are in the topic: the same settings are the same text. */
    public static String text(Map<String, Object> settings) {
        try {
            return JSON.writeValueAsString(settings);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("settings of " + settings.get("id") + " cannot be written as JSON", e);
        }
    }
}
