package io.helmwatch.inference;

/** A run of a network that failed; the network may be run again. */
public final class InferenceException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** A sentence for the operator, and what lies behind it. */
    public InferenceException(String message, Throwable cause) {
        super(message, cause);
    }
}
