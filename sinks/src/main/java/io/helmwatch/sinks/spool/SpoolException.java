package io.helmwatch.sinks.spool;

import org.jspecify.annotations.Nullable;

/** The spool cannot be opened, read or written; the message is one sentence: what failed, why, and what to do. */
public final class SpoolException extends RuntimeException {
    SpoolException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
