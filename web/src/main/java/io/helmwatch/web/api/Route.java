package io.helmwatch.web.api;

import io.helmwatch.config.http.Role;
import io.helmwatch.web.Relay;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A route of the API, from which it is registered, checked and documented.
 *
 * @param method method of HTTP
 * @param path path with names in braces
 * @param id name of the operation, in the document and the audit log
 * @param summary what it does
 * @param role who may; null for everybody
 * @param audited whether it goes to the audit log
 * @param query its query parameters
 * @param body type of its JSON body; null without one
 * @param status status of success
 * @param answers content type of success; empty without content
 * @param answer type of its JSON answer; null for another content type
 * @param subject what the id in the path names, where a node of a cluster passes requests for what another node has on to it; else null
 * @param handler serves it
 */
public record Route(
        String method,
        String path,
        String id,
        String summary,
        @Nullable Role role,
        boolean audited,
        List<Parameter> query,
        @Nullable Class<?> body,
        int status,
        String answers,
        @Nullable Class<?> answer,
        Relay.@Nullable Subject subject,
        Function<Call, Reply> handler) {
    private static final Pattern NAME = Pattern.compile("\\{(\\w+)}");

    /** Where the API lies. */
    public static final String BASE = "/api/v1";

    /**
     * A query parameter.
     *
     * @param name its name
     * @param type type of its value: String, Integer, Boolean, Instant or an enumeration
     * @param description what it selects
     */
    record Parameter(String name, Class<?> type, String description) {}

    /** Names in the path. */
    List<String> pathNames() {
        return NAME.matcher(path).results().map(match -> match.group(1)).toList();
    }

    static Route get(String path, String id, String summary, Class<?> answer, Function<Call, Reply> handler) {
        return new Route(
                "GET",
                BASE + path,
                id,
                summary,
                Role.VIEWER,
                false,
                List.of(),
                null,
                200,
                Reply.JSON,
                answer,
                null,
                handler);
    }

    static Route change(
            String method,
            String path,
            String id,
            String summary,
            @Nullable Role role,
            @Nullable Class<?> answer,
            Function<Call, Reply> handler) {
        int status = answer == null ? 204 : 200;
        String type = answer == null ? "" : Reply.JSON;
        return new Route(
                method, BASE + path, id, summary, role, true, List.of(), null, status, type, answer, null, handler);
    }

    Route forRole(@Nullable Role other) {
        return new Route(
                method, path, id, summary, other, audited, query, body, status, answers, answer, subject, handler);
    }

    Route with(Parameter... parameters) {
        return new Route(
                method,
                path,
                id,
                summary,
                role,
                audited,
                List.of(parameters),
                body,
                status,
                answers,
                answer,
                subject,
                handler);
    }

    Route taking(Class<?> other) {
        return new Route(
                method, path, id, summary, role, audited, query, other, status, answers, answer, subject, handler);
    }

    Route answering(int other) {
        return new Route(
                method, path, id, summary, role, audited, query, body, other, answers, answer, subject, handler);
    }

    /** The same with an answer that is not JSON. */
    Route answering(String contentType) {
        return new Route(
                method, path, id, summary, role, audited, query, body, status, contentType, null, subject, handler);
    }

    /** The same, passed on to the node that has what the id names. */
    Route passedOn(Relay.Subject named) {
        return new Route(
                method, path, id, summary, role, audited, query, body, status, answers, answer, named, handler);
    }

    Route unaudited() {
        return new Route(
                method, path, id, summary, role, false, query, body, status, answers, answer, subject, handler);
    }
}
