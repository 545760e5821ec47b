package io.helmwatch.ingest;

/** A stream that cannot be used as configured; the message is one sentence without secrets. */
public final class IngestException extends RuntimeException {

    /** With the sentence that a person reads. */
    public IngestException(String message) {
        super(message);
    }
}
