package io.helmwatch.ingest.ffmpeg.input;

import io.helmwatch.ingest.ReconnectPolicy;
import io.helmwatch.vision.StreamReason;

/** An input cannot be opened or read for a reason that may pass; the message is one sentence without secrets. */
public final class InputLostException extends RuntimeException {
    private final ReconnectPolicy.Cause reason;

    public InputLostException(ReconnectPolicy.Cause reason, String message) {
        super(message, null, false, false);
        this.reason = reason;
    }

    public ReconnectPolicy.Cause reason() {
        return reason;
    }

    /** A cause as states publish it. */
    public static StreamReason code(ReconnectPolicy.Cause cause) {
        return switch (cause) {
            case LOST -> StreamReason.CONNECTION;
            case UNAUTHORIZED -> StreamReason.UNAUTHORIZED;
            case NOT_FOUND -> StreamReason.NOT_FOUND;
        };
    }
}
