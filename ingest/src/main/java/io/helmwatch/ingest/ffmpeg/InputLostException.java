package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.ingest.ReconnectPolicy;

/** An input cannot be opened or read for a reason that may pass; the message is one sentence without secrets. */
final class InputLostException extends RuntimeException {
    private final ReconnectPolicy.Cause reason;

    InputLostException(ReconnectPolicy.Cause reason, String message) {
        super(message, null, false, false);
        this.reason = reason;
    }

    ReconnectPolicy.Cause reason() {
        return reason;
    }
}
