package io.helmwatch.sinks.delivery;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The receiver takes nothing at the moment. The message is one sentence without secrets. */
public abstract class DeliveryFailure extends Exception {
    private static final long serialVersionUID = 1L;

    protected DeliveryFailure(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** How long the receiver asks to wait; zero where it does not. */
    public Duration retryAfter() {
        return Duration.ZERO;
    }
}
