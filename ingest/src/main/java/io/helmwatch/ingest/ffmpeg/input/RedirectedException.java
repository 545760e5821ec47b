package io.helmwatch.ingest.ffmpeg.input;

/** A server leads to another host or port, to which nothing was sent. The address may contain secrets: it is not the message. */
public final class RedirectedException extends RuntimeException {
    private final String target;

    public RedirectedException(String target) {
        super("redirected", null, false, false);
        this.target = target;
    }

    public String target() {
        return target;
    }
}
