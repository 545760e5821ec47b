package io.helmwatch.web.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helmwatch.resource.ConstantName;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * JSON Schemas (2020-12) of records, as {@link Json} writes them: every component is required, those that may be null say so. Records become
 * named schemas that others refer to. Threading: one thread.
 */
final class Schemas {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Map<String, Class<?>> owners = new TreeMap<>();
    private final Map<String, ObjectNode> byName = new TreeMap<>();

    /** The named schemas. */
    ObjectNode all() {
        ObjectNode all = MAPPER.createObjectNode();
        byName.forEach(all::set);
        return all;
    }

    /** An enumeration's constants as the API writes them. */
    static List<String> names(Class<? extends Enum<?>> type) {
        return Arrays.stream(type.getEnumConstants()).map(ConstantName::of).toList();
    }

    /** The schema of a type. */
    ObjectNode of(Class<?> type) {
        ObjectNode schema = MAPPER.createObjectNode();
        if (type == String.class) {
            schema.put("type", "string");
        } else if (type == Instant.class) {
            schema.put("type", "string").put("format", "date-time");
        } else if (type == boolean.class || type == Boolean.class) {
            schema.put("type", "boolean");
        } else if (type == int.class || type == Integer.class || type == long.class || type == Long.class) {
            schema.put("type", "integer");
        } else if (type == double.class || type == Double.class) {
            schema.put("type", "number");
        } else if (type == JsonNode.class) {
            schema.put("type", "object").put("description", "keys and values as in the configuration file");
        } else if (type.isEnum()) {
            enumeration(schema, type);
        } else if (type.isRecord()) {
            schema.put("$ref", "#/components/schemas/" + named(type));
        } else {
            throw new IllegalArgumentException(type.getName() + " has no schema");
        }
        return schema;
    }

    private static void enumeration(ObjectNode schema, Class<?> type) {
        ArrayNode values = schema.put("type", "string").putArray("enum");
        for (Object constant : type.getEnumConstants()) {
            values.add(constant.toString().toLowerCase(Locale.ROOT).replace('_', '-'));
        }
    }

    private String named(Class<?> type) {
        String name = type.getSimpleName();
        Class<?> owner = owners.putIfAbsent(name, type);
        if (owner != null && owner != type) {
            throw new IllegalArgumentException(type.getName() + " and " + owner.getName() + " share a name");
        }
        if (owner == null) {
            ObjectNode schema = MAPPER.createObjectNode().put("type", "object");
            ObjectNode properties = schema.putObject("properties");
            ArrayNode required = schema.putArray("required");
            for (RecordComponent component : type.getRecordComponents()) {
                properties.set(component.getName(), component(component.getAnnotatedType()));
                required.add(component.getName());
            }
            schema.put("additionalProperties", false);
            byName.put(name, schema);
        }
        return name;
    }

    private ObjectNode component(AnnotatedType annotated) {
        ObjectNode schema = plain(annotated);
        if (!annotated.isAnnotationPresent(Nullable.class)) {
            return schema;
        }
        if (schema.has("type") && !schema.has("enum")) {
            String type = schema.get("type").asText();
            schema.putArray("type").add(type).add("null");
            return schema;
        }
        ObjectNode choice = MAPPER.createObjectNode();
        choice.putArray("anyOf").add(schema).addObject().put("type", "null");
        return choice;
    }

    private ObjectNode plain(AnnotatedType annotated) {
        Type type = annotated.getType();
        if (annotated instanceof AnnotatedParameterizedType generic
                && type instanceof ParameterizedType parameterized) {
            AnnotatedType[] arguments = generic.getAnnotatedActualTypeArguments();
            ObjectNode schema = MAPPER.createObjectNode();
            if (parameterized.getRawType() == List.class) {
                return schema.put("type", "array").set("items", component(arguments[0]));
            }
            if (parameterized.getRawType() == Map.class) {
                return schema.put("type", "object").set("additionalProperties", component(arguments[1]));
            }
        }
        if (type instanceof Class<?> simple) {
            return of(simple);
        }
        throw new IllegalArgumentException(type + " has no schema");
    }
}
