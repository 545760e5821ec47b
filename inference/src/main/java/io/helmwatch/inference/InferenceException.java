package io.helmwatch.inference;

/** A failed run of a model; the model may be run again. */
public final class InferenceException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** A sentence for the operator, and its cause. */
    public InferenceException(String message, Throwable cause) {
        super(message, cause);
    }
}
