package io.helmwatch.sinks.s3;

import io.helmwatch.sinks.delivery.DeliveryFailure;
import org.jspecify.annotations.Nullable;

/** The storage did not do what it was asked. The message is one sentence without secrets. */
public final class S3Failure extends DeliveryFailure {
    private static final long serialVersionUID = 1L;

    private final Scope scope;

    /** What the failure is about. */
    enum Scope {
        /** The server, the bucket or the credentials: other requests fail too, and this one is tried again. */
        STORAGE,
        /** Perhaps the object only: others may succeed, and it is tried again. */
        OBJECT,
        /** The storage will never take this object. */
        REJECTED
    }

    S3Failure(String message, Scope scope, @Nullable Throwable cause) {
        super(message, cause);
        this.scope = scope;
    }

    Scope scope() {
        return scope;
    }
}
