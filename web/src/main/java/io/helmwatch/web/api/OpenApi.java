package io.helmwatch.web.api;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helmwatch.config.http.Role;
import java.util.List;
import java.util.Locale;

/** The OpenAPI 3.1 document of the declared routes. */
final class OpenApi {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Schemas schemas = new Schemas();

    private OpenApi() {}

    static byte[] of(List<Route> routes, String version) {
        return Json.bytes(new OpenApi().document(routes, version));
    }

    private ObjectNode document(List<Route> routes, String version) {
        ObjectNode document = MAPPER.createObjectNode().put("openapi", "3.1.0");
        document.putObject("info")
                .put("title", "Helmwatch")
                .put("version", version)
                .put("description", "Streams, incidents and state of a Helmwatch service");
        ObjectNode paths = document.putObject("paths");
        for (Route route : routes) {
            ObjectNode path =
                    paths.has(route.path()) ? (ObjectNode) paths.get(route.path()) : paths.putObject(route.path());
            path.set(route.method().toLowerCase(Locale.ROOT), operation(route));
        }
        ObjectNode components = document.putObject("components");
        ObjectNode problem = schemas.of(Reply.Problem.class);
        ObjectNode failure = components.putObject("responses").putObject("Problem");
        failure.put("description", "why not (RFC 9457)");
        failure.putObject("content").putObject(Reply.PROBLEM).set("schema", problem);
        components.set("schemas", schemas.all());
        ObjectNode security = components.putObject("securitySchemes");
        security.putObject("session").put("type", "apiKey").put("in", "cookie").put("name", Api.SESSION_COOKIE);
        security.putObject("token").put("type", "http").put("scheme", "bearer");
        return document;
    }

    private ObjectNode operation(Route route) {
        ObjectNode operation = MAPPER.createObjectNode();
        operation.put("operationId", route.id()).put("summary", route.summary());
        ArrayNode parameters = operation.putArray("parameters");
        for (String name : route.pathNames()) {
            ObjectNode parameter =
                    parameters.addObject().put("name", name).put("in", "path").put("required", true);
            parameter.set("schema", schemas.of(String.class));
        }
        for (Route.Parameter query : route.query()) {
            ObjectNode parameter =
                    parameters.addObject().put("name", query.name()).put("in", "query");
            parameter.put("description", query.description()).set("schema", schemas.of(query.type()));
        }
        Class<?> body = route.body();
        if (body != null) {
            ObjectNode content =
                    operation.putObject("requestBody").put("required", true).putObject("content");
            content.putObject(Reply.JSON).set("schema", schemas.of(body));
        }
        answers(operation.putObject("responses"), route);
        Role role = route.role();
        ArrayNode security = operation.putArray("security");
        if (role != null) {
            operation.put("description", "Needs role " + role.name().toLowerCase(Locale.ROOT) + ".");
            security.addObject().putArray("session");
            security.addObject().putArray("token");
        }
        return operation;
    }

    private void answers(ObjectNode responses, Route route) {
        ObjectNode success =
                responses.putObject(Integer.toString(route.status())).put("description", route.summary());
        if (!route.answers().isEmpty()) {
            ObjectNode content = success.putObject("content").putObject(mediaType(route.answers()));
            Class<?> answer = route.answer();
            if (answer != null) {
                content.set("schema", schemas.of(answer));
            }
        }
        responses.putObject("default").put("$ref", "#/components/responses/Problem");
    }

    /** A content type without its parameters. */
    private static String mediaType(String contentType) {
        int parameters = contentType.indexOf(';');
        return parameters < 0 ? contentType : contentType.substring(0, parameters);
    }
}
