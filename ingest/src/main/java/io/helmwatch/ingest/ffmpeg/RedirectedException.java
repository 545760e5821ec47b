package io.helmwatch.ingest.ffmpeg;

/** A server leads to another host or port, to which nothing was sent. The address may contain secrets: it is not the message. */
final class RedirectedException extends RuntimeException {
    private final String target;

    RedirectedException(String target) {
        super("redirected", null, false, false);
        this.target = target;
    }

    String target() {
        return target;
    }
}
