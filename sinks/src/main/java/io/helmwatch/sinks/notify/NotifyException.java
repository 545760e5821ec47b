package io.helmwatch.sinks.notify;

import io.helmwatch.sinks.delivery.DeliveryFailure;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A target did not take a message. The message is one sentence without secrets. */
public final class NotifyException extends DeliveryFailure {
    private static final long serialVersionUID = 1L;

    private final boolean permanent;
    private final Duration retryAfter;

    private NotifyException(String message, boolean permanent, Duration retryAfter, @Nullable Throwable cause) {
        super(message, cause);
        this.permanent = permanent;
        this.retryAfter = retryAfter;
    }

    /** The target may take it later. */
    public static NotifyException retryable(String message, @Nullable Throwable cause) {
        return new NotifyException(message, false, Duration.ZERO, cause);
    }

    /** The target asks to wait. */
    public static NotifyException retryAfter(String message, Duration pause) {
        return new NotifyException(message, false, pause, null);
    }

    /** The target will never take this message. */
    public static NotifyException permanent(String message, @Nullable Throwable cause) {
        return new NotifyException(message, true, Duration.ZERO, cause);
    }

    public boolean isPermanent() {
        return permanent;
    }

    @Override
    public Duration retryAfter() {
        return retryAfter;
    }
}
