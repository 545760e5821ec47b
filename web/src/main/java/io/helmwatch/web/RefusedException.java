package io.helmwatch.web;

import java.util.List;

/**
 * A request that cannot be served, with a sentence for whoever made it. The server answers it as a problem (RFC 9457); messages pass
 * through the redaction of secrets.
 */
public final class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Kind kind;

    @SuppressWarnings("serial") // List.copyOf gives a serializable list of records of strings
    private final List<FieldError> errors;

    /** Why, with the status of HTTP. */
    public enum Kind {
        /** The request does not make sense. */
        INVALID(400, "Invalid request"),
        /** What it names does not exist. */
        NOT_FOUND(404, "Not found"),
        /** It contradicts what there is. */
        CONFLICT(409, "Conflict"),
        /** Its values are refused. */
        REFUSED(422, "Refused"),
        /** Too many of its kind are in progress. */
        BUSY(429, "Too many requests"),
        /** What serves it is not running. */
        UNAVAILABLE(503, "Not available");

        private final int status;
        private final String title;

        Kind(int status, String title) {
            this.status = status;
            this.title = title;
        }

        /** Status of HTTP. */
        public int status() {
            return status;
        }

        /** Short name, the same for all of this kind. */
        public String title() {
            return title;
        }
    }

    /**
     * What is wrong with one value.
     *
     * @param field key path, such as {@code zones[0].polygon}
     * @param message what is expected
     */
    public record FieldError(String field, String message) {}

    /** A refusal with what is wrong, value by value. */
    public RefusedException(Kind kind, String detail, List<FieldError> errors) {
        super(detail);
        this.kind = kind;
        this.errors = List.copyOf(errors);
    }

    /** A refusal. */
    public RefusedException(Kind kind, String detail) {
        this(kind, detail, List.of());
    }

    /** Something that does not exist. */
    public static RefusedException notFound(String detail) {
        return new RefusedException(Kind.NOT_FOUND, detail);
    }

    /** Something that contradicts what there is. */
    public static RefusedException conflict(String detail) {
        return new RefusedException(Kind.CONFLICT, detail);
    }

    /** Values that are refused. */
    public static RefusedException refused(String detail, List<FieldError> errors) {
        return new RefusedException(Kind.REFUSED, detail, errors);
    }

    /** Something that is not running. */
    public static RefusedException unavailable(String detail) {
        return new RefusedException(Kind.UNAVAILABLE, detail);
    }

    /** Why. */
    public Kind kind() {
        return kind;
    }

    /** What is wrong, value by value; may be empty. */
    public List<FieldError> errors() {
        return errors;
    }
}
