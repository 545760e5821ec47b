package io.helmwatch.sinks.sqlite;

import org.jspecify.annotations.Nullable;

/** A file that cannot be used, as one sentence with what to do. */
public final class SqliteException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** An exception with its sentence. */
    public SqliteException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
