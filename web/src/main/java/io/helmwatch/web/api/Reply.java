package io.helmwatch.web.api;

import io.helmwatch.config.secret.Redaction;
import io.helmwatch.web.RefusedException.FieldError;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * An answer.
 *
 * @param status status of HTTP
 * @param type content type; empty without content
 * @param body content; owned by the reply
 * @param headers further headers
 */
public record Reply(int status, String type, byte[] body, Map<String, String> headers) {
    /** A sentence. */
    public static final String TEXT = "text/plain; charset=utf-8";

    /** A problem of RFC 9457. */
    public static final String PROBLEM = "application/problem+json";

    static final String JSON = "application/json";
    private static final int NO_CONTENT = 204;
    private static final int OK = 200;

    /**
     * What RFC 9457 calls a problem.
     *
     * @param type always about:blank: the title says what kind it is
     * @param title short name of its kind
     * @param status status of HTTP
     * @param detail a sentence about this one
     * @param errors what is wrong, value by value
     */
    public record Problem(String type, String title, int status, String detail, List<FieldError> errors) {}

    /** JSON with status 200. */
    static Reply json(Object value) {
        return json(OK, value);
    }

    static Reply json(int status, Object value) {
        return new Reply(status, JSON, Json.bytes(value), Map.of());
    }

    static Reply bytes(String type, byte[] content) {
        return new Reply(OK, type, content, Map.of());
    }

    static Reply empty() {
        return new Reply(NO_CONTENT, "", new byte[0], Map.of());
    }

    /** One sentence as text. */
    public static Reply text(int status, String sentence) {
        return new Reply(status, TEXT, (sentence + "\n").getBytes(StandardCharsets.UTF_8), Map.of());
    }

    /** A problem; secrets in its sentences are masked. */
    public static Reply problem(int status, String title, String detail, List<FieldError> errors) {
        List<FieldError> shown = new ArrayList<>();
        errors.forEach(
                error -> shown.add(new FieldError(Redaction.redact(error.field()), Redaction.redact(error.message()))));
        Problem problem = new Problem("about:blank", title, status, Redaction.redact(detail), shown);
        return new Reply(status, PROBLEM, Json.bytes(problem), Map.of());
    }

    /** The same with a further header. */
    public Reply with(String header, String value) {
        Map<String, String> more = new TreeMap<>(headers);
        more.put(header, value);
        return new Reply(status, type, body, Map.copyOf(more));
    }
}
