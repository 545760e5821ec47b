package io.helmwatch.sinks.notify.mqtt;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A binary sensor of Home Assistant: problem while an incident of a rule is open ("MQTT discovery" and "MQTT binary sensor" in its documentation). Its
 * id depends on stream and rule only, so that it is the same on every node.
 *
 * @param root first levels of the topics
 */
record HomeAssistantSensor(String root, String stream, String rule) {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** Letters, digits, dashes and underscores are what discovery topics may have. */
    String id() {
        return "helmwatch_" + objectId(stream) + "_" + objectId(rule);
    }

    private static String objectId(String name) {
        return name.replaceAll("[^A-Za-z0-9_-]", "_");
    }

    String stateTopic() {
        return root + "/" + stream + "/" + rule + "/state";
    }

    /** The discovery message; available while that topic says so. */
    String json(String availabilityTopic) {
        return json(Map.of("availability_topic", availabilityTopic));
    }

    /** The discovery message; available while any of the topics says so. */
    String json(Collection<String> availabilityTopics) {
        return json(Map.of(
                "availability",
                availabilityTopics.stream().map(topic -> Map.of("topic", topic)).toList(),
                "availability_mode",
                "any"));
    }

    private String json(Map<String, Object> availability) {
        Map<String, Object> sensor = new LinkedHashMap<>();
        sensor.put("unique_id", id());
        sensor.put("name", rule);
        sensor.put("device_class", "problem");
        sensor.put("state_topic", stateTopic());
        sensor.put("json_attributes_topic", root + "/" + stream + "/" + rule + "/incident");
        sensor.putAll(availability);
        sensor.put(
                "device",
                Map.of(
                        "identifiers",
                        List.of("helmwatch_" + stream),
                        "name",
                        "Helmwatch " + stream,
                        "manufacturer",
                        "Helmwatch"));
        try {
            return MAPPER.writeValueAsString(sensor);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("texts can always be written as JSON", impossible);
        }
    }
}
