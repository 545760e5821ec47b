package io.helmwatch.sinks.compliance;

/** Sums that cannot be answered at the moment, as one sentence with the reason. */
public final class FiguresUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** An exception with its sentence. */
    public FiguresUnavailableException(String message) {
        super(message);
    }
}
