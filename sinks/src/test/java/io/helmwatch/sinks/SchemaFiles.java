package io.helmwatch.sinks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The schemas of docs/schema, and what they say about a message. */
public final class SchemaFiles {
    private static final Path FOLDER = Path.of(System.getProperty("helmwatch.home"), "docs", "schema");
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final JsonSchema schema;
    private final JsonNode definition;

    private SchemaFiles(String name) {
        JsonSchemaFactory factory = JsonSchemaFactory.getInstance(
                SpecVersion.VersionFlag.V202012,
                builder -> builder.schemaLoaders(loaders -> loaders.schemas(
                        Map.of("https://helmwatch.io/schema/detections-1.schema.json", text("detections")))));
        SchemaValidatorsConfig config =
                SchemaValidatorsConfig.builder().formatAssertionsEnabled(true).build();
        try {
            definition = MAPPER.readTree(text(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        schema = factory.getSchema(SchemaLocation.of(definition.get("$id").asText()), definition, config);
        schema.initializeValidators();
    }

    public static SchemaFiles detections() {
        return new SchemaFiles("detections");
    }

    public static SchemaFiles streams() {
        return new SchemaFiles("streams");
    }

    public static SchemaFiles events() {
        return new SchemaFiles("events");
    }

    public static SchemaFiles audit() {
        return new SchemaFiles("audit");
    }

    public static SchemaFiles compliance() {
        return new SchemaFiles("compliance");
    }

    public static SchemaFiles clip() {
        return new SchemaFiles("clip");
    }

    public static SchemaFiles complianceQuarters() {
        return new SchemaFiles("compliance-quarters");
    }

    public static SchemaFiles detect() {
        return new SchemaFiles("detect");
    }

    /** What a consumer finds wrong with a message; empty when nothing is. */
    public Set<String> violations(String json) {
        Set<String> violations = new TreeSet<>();
        for (ValidationMessage message : schema.validate(json, InputFormat.JSON)) {
            violations.add(message.getMessage());
        }
        return violations;
    }

    /** What is wrong with a message that we write; empty when nothing is. Properties that the schema does not describe are wrong here. */
    public Set<String> complaints(String json) {
        Set<String> complaints = violations(json);
        try {
            MAPPER.readTree(json).fieldNames().forEachRemaining(name -> {
                if (!definition.get("properties").has(name)) {
                    complaints.add("undescribed property " + name);
                }
            });
        } catch (IOException e) {
            complaints.add(e.getMessage());
        }
        return complaints;
    }

    private static String text(String name) {
        try {
            return Files.readString(FOLDER.resolve(name + "-1.schema.json"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
