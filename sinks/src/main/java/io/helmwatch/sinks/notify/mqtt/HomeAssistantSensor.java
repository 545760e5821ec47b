package io.helmwatch.sinks.notify.mqtt;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;

/** The discovery message of a binary sensor of Home Assistant: problem while an incident of a rule is open. */
final class HomeAssistantSensor {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private HomeAssistantSensor() {}

    static String json(
            String id, String rule, String stream, String stateTopic, String incidentTopic, String availabilityTopic) {
        Map<String, Object> sensor = Map.of(
                "unique_id", id,
                "name", rule,
                "device_class", "problem",
                "state_topic", stateTopic,
                "json_attributes_topic", incidentTopic,
                "availability_topic", availabilityTopic,
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
