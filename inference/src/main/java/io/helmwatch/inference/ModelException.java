package io.helmwatch.inference;

import org.jspecify.annotations.Nullable;

/** A model that cannot be used; the message is one sentence that names the file, what was expected and what was found. */
public final class ModelException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** A sentence for the operator. */
    public ModelException(String message) {
        super(message);
    }

    /** A sentence for the operator, and its cause. */
    public ModelException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
