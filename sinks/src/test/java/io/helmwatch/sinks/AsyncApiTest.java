package io.helmwatch.sinks;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.sink.AnalyticsConfig;
import io.helmwatch.config.sink.KafkaConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Compares docs/schema/asyncapi.json with the topics and schemas that it describes. With {@code -Dhelmwatch.documents=write} it writes
 * the document instead. CI checks it with AsyncAPI's own parser.
 */
class AsyncApiTest {
    private static final Path SCHEMAS = Path.of(System.getProperty("helmwatch.home"), "docs", "schema");
    private static final Path DOCUMENT = SCHEMAS.resolve("asyncapi.json");
    private static final String HOW = "topics or schemas have changed: run"
            + " './mvnw -pl sinks -am test -Dtest=AsyncApiTest -Dsurefire.failIfNoSpecifiedTests=false"
            + " -Dhelmwatch.documents=write' and commit docs/schema/asyncapi.json";
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String DRAFT_07 = "application/schema+json;version=draft-07";

    /** A message of a channel. */
    private record Message(String name, String title, List<String> types, String schema) {}

    @Test
    void shouldDescribeEveryTopicWithItsMessages() throws IOException {
        String expected = MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(document()) + "\n";
        if ("write".equals(System.getProperty("helmwatch.documents"))) {
            Files.writeString(DOCUMENT, expected);
        }
        assertThat(Files.readString(DOCUMENT)).as(HOW).isEqualTo(expected);
    }

    private static ObjectNode document() throws IOException {
        ObjectNode document = MAPPER.createObjectNode();
        document.put("asyncapi", "3.0.0");
        document.put("id", "urn:io:helmwatch");
        ObjectNode info = document.putObject("info");
        info.put("title", "Helmwatch");
        info.put("version", "1.0.0");
        info.put(
                "description",
                "Events of Helmwatch on Kafka, with the headers of CloudEvents 1.0 in binary mode. Changes are additive."
                        + " Record timestamps are the time of sending, by the clock of the producer.");
        document.put("defaultContentType", "application/json");
        ObjectNode server = document.putObject("servers").putObject("kafka");
        server.put("host", KafkaConfig.DEFAULT.bootstrapServers());
        server.put("protocol", "kafka");
        server.put("description", "The broker of kafka.bootstrap-servers.");
        ObjectNode channels = document.putObject("channels");
        ObjectNode operations = document.putObject("operations");
        ObjectNode components = document.putObject("components");
        ObjectNode messages = components.putObject("messages");
        ObjectNode schemas = components.putObject("schemas");
        KafkaConfig topics = KafkaConfig.DEFAULT;
        channel(
                channels,
                operations,
                "detections",
                topics.topics().detections(),
                "Detections of every analysed frame, at most once.",
                "delete",
                List.of(new Message(
                        "detections", "Detections of a frame", List.of("io.helmwatch.detections"), "detections")),
                messages);
        channel(
                channels,
                operations,
                "events",
                topics.topics().events(),
                "Start, updates and end of incidents, and where their clips are, at least once: drop repeats by id.",
                "delete",
                List.of(new Message(
                        "incident",
                        "Incident message",
                        List.of(
                                "io.helmwatch.incident.start",
                                "io.helmwatch.incident.update",
                                "io.helmwatch.incident.end",
                                "io.helmwatch.incident.evidence"),
                        "events")),
                messages);
        channel(
                channels,
                operations,
                "streams",
                topics.topics().streams(),
                "The state of every stream, renewed every 30 s; a state that is past its validUntil is unknown.",
                "compact",
                List.of(
                        new Message("streamState", "Stream state", List.of("io.helmwatch.stream"), "streams"),
                        new Message(
                                "streamRemoved",
                                "A stream that no longer exists",
                                List.of("io.helmwatch.stream.removed"),
                                "")),
                messages);
        channel(
                channels,
                operations,
                "audit",
                topics.topics().audit(),
                "Logins and changes over HTTP, at least once while the service runs.",
                "delete",
                List.of(new Message("audit", "Audit message", List.of("io.helmwatch.audit"), "audit")),
                messages);
        channel(
                channels,
                operations,
                "compliance",
                topics.topics().compliance(),
                "Counts of observed heads by stream, zone and minute, at least once: a message replaces the earlier ones of its key.",
                "delete",
                List.of(new Message(
                        "compliance", "Counts of a minute", List.of("io.helmwatch.compliance"), "compliance")),
                messages);
        channel(
                channels,
                operations,
                "complianceQuarters",
                AnalyticsConfig.DEFAULT.topic(),
                "Sums of the counts of all nodes by stream, zone and quarter of an hour, made by ./helmwatch analytics.",
                "compact",
                List.of(
                        new Message(
                                "complianceQuarter",
                                "Sums of a quarter of an hour",
                                List.of("io.helmwatch.compliance.quarter"),
                                "compliance-quarters"),
                        new Message(
                                "complianceQuarterRemoved",
                                "Sums that are no longer kept",
                                List.of("io.helmwatch.compliance.quarter.removed"),
                                "")),
                messages);
        cluster(channels, operations, messages);
        for (String name : List.of(
                "detections",
                "events",
                "streams",
                "audit",
                "compliance",
                "compliance-quarters",
                "cameras",
                "nodes",
                "acknowledgements")) {
            schemas(name, schemas);
        }
        return document;
    }

    /** The topics that only a cluster has. */
    private static void cluster(ObjectNode channels, ObjectNode operations, ObjectNode messages) {
        ClusterConfig topics = ClusterConfig.of("", "");
        channel(
                channels,
                operations,
                "openIncidents",
                topics.openIncidentsTopic(),
                "In a cluster: the last message of every incident that is open; without a value it has ended.",
                "compact",
                List.of(
                        new Message(
                                "openIncident",
                                "Last message of an open incident",
                                List.of("io.helmwatch.incident.start", "io.helmwatch.incident.update"),
                                "events"),
                        new Message("incidentEnded", "An incident that has ended", List.of(), "")),
                messages);
        channel(
                channels,
                operations,
                "cameras",
                topics.camerasTopic(),
                "In a cluster: the cameras that the nodes share, one partition of which is given to one node.",
                "compact",
                List.of(
                        new Message("camera", "Camera of a cluster", List.of(), "cameras"),
                        new Message("cameraRemoved", "A camera that is no longer in the partition", List.of(), "")),
                messages);
        channel(
                channels,
                operations,
                "nodes",
                topics.nodesTopic(),
                "In a cluster: the nodes, renewed every 10 s; one that is past its validUntil is gone.",
                "compact",
                List.of(
                        new Message("node", "Node of a cluster", List.of(), "nodes"),
                        new Message("nodeStopped", "A node that stopped", List.of(), "")),
                messages);
        channel(
                channels,
                operations,
                "acknowledgements",
                topics.acknowledgementsTopic(),
                "In a cluster: whether somebody has dealt with an incident, kept for 90 days; the last message of a key counts.",
                "compact",
                List.of(new Message(
                        "acknowledgement", "Acknowledgement of an incident", List.of(), "acknowledgements")),
                messages);
    }

    private static void channel(
            ObjectNode channels,
            ObjectNode operations,
            String name,
            String topic,
            String description,
            String cleanup,
            List<Message> messages,
            ObjectNode components) {
        ObjectNode channel = channels.putObject(name);
        channel.put("address", topic);
        channel.put("description", description);
        ObjectNode references = channel.putObject("messages");
        ObjectNode binding = channel.putObject("bindings").putObject("kafka");
        binding.put("topic", topic);
        binding.putObject("topicConfiguration").putArray("cleanup.policy").add(cleanup);
        binding.put("bindingVersion", "0.5.0");
        ObjectNode operation = operations.putObject("send" + Character.toUpperCase(name.charAt(0)) + name.substring(1));
        operation.put("action", "send");
        operation.putObject("channel").put("$ref", "#/channels/" + name);
        ArrayNode sent = operation.putArray("messages");
        for (Message message : messages) {
            references.putObject(message.name()).put("$ref", "#/components/messages/" + message.name());
            sent.addObject().put("$ref", "#/channels/" + name + "/messages/" + message.name());
            message(message, components.putObject(message.name()));
        }
    }

    private static void message(Message message, ObjectNode component) {
        component.put("name", message.name());
        component.put("title", message.title());
        component.put("contentType", "application/json");
        if (!message.types().isEmpty()) {
            headers(message, component.putObject("headers"));
        }
        ObjectNode payload = component.putObject("payload");
        if (message.schema().isEmpty()) {
            payload.put("type", "null");
        } else {
            payload.put("schemaFormat", DRAFT_07);
            payload.putObject("schema").put("$ref", "#/components/schemas/" + message.schema());
        }
        ObjectNode key = component.putObject("bindings").putObject("kafka");
        key.putObject("key").put("type", "string").put("description", keyOf(message));
        key.put("bindingVersion", "0.5.0");
    }

    private static String keyOf(Message message) {
        if (message.name().startsWith("complianceQuarter")) {
            return "STREAM/QUARTER, for a zone STREAM/QUARTER/ZONE.";
        }
        return switch (message.name()) {
            case "audit" -> "The user's name.";
            case "compliance" -> "The id without its revision: names the counts that the message replaces.";
            case "openIncident", "incidentEnded", "acknowledgement" -> "The incident's id.";
            case "node", "nodeStopped" -> "The node's name.";
            default -> "The stream's id.";
        };
    }

    private static String timeOf(Message message) {
        return switch (message.schema()) {
            case "audit" -> "When it happened.";
            case "compliance" -> "Start of the minute.";
            case "compliance-quarters" -> "Start of the quarter of an hour.";
            default -> "Capture time of the frame, or when the state was entered or renewed.";
        };
    }

    private static boolean isAudit(Message message) {
        return message.schema().equals("audit");
    }

    private static void headers(Message message, ObjectNode headers) {
        boolean hasValue = !message.schema().isEmpty();
        headers.put("type", "object");
        ArrayNode required = headers.putArray("required");
        ObjectNode properties = headers.putObject("properties");
        header(properties, required, "ce_specversion", "Version of CloudEvents.")
                .put("const", "1.0");
        header(properties, required, "ce_id", "The id of the message.");
        header(properties, required, "ce_source", isAudit(message) ? "/helmwatch" : "/helmwatch/streams/STREAM");
        ArrayNode types =
                header(properties, required, "ce_type", "Type of the event.").putArray("enum");
        message.types().forEach(types::add);
        header(properties, required, "ce_time", timeOf(message)).put("format", "date-time");
        if (message.schema().equals("events")) {
            header(properties, required, "ce_subject", "The incident's id.");
        } else if (message.schema().startsWith("compliance")) {
            header(properties, required, "ce_subject", "The key of the record.");
        }
        if (message.name().equals("detections") || message.name().equals("incident")) {
            properties
                    .putObject("ce_superseded")
                    .put("type", "string")
                    .put("description", "In a cluster: another node had taken the stream over; absent otherwise.")
                    .put("const", "true");
        }
        if (hasValue) {
            header(properties, required, "ce_dataschema", "URI of the schema of the value.")
                    .put("const", "https://helmwatch.io/schema/" + message.schema() + "-1.schema.json");
            header(properties, required, "content-type", "Media type of the value.")
                    .put("const", "application/json");
        }
    }

    private static ObjectNode header(ObjectNode properties, ArrayNode required, String name, String description) {
        required.add(name);
        return properties.putObject(name).put("type", "string").put("description", description);
    }

    /** The schema of a file and its definitions, as components. */
    private static void schemas(String name, ObjectNode components) throws IOException {
        ObjectNode schema = (ObjectNode)
                MAPPER.readTree(SCHEMAS.resolve(name + "-1.schema.json").toFile());
        JsonNode definitions = schema.remove("$defs");
        schema.remove(List.of("$schema", "$id"));
        components.set(name, schema);
        if (definitions == null) {
            return;
        }
        for (Map.Entry<String, JsonNode> definition : definitions.properties()) {
            components.set(name + "-" + definition.getKey(), definition.getValue());
        }
        rename(components, name);
    }

    /** Points references to definitions of the file at the components that they became. */
    private static void rename(JsonNode node, String name) {
        if (node instanceof ObjectNode object && object.path("$ref").asText().startsWith("#/$defs/")) {
            String definition = object.get("$ref").asText().substring("#/$defs/".length());
            object.put("$ref", "#/components/schemas/" + name + "-" + definition);
        }
        for (Iterator<JsonNode> children = node.elements(); children.hasNext(); ) {
            rename(children.next(), name);
        }
    }
}
