package io.helmwatch.pipeline.ring;

import java.util.List;

/** Closes several owners in order; one that fails does not keep the others open. */
public final class Closing {
    private Closing() {}

    /** Closes all; throws the first failure with the later ones suppressed. */
    public static void closeAll(List<? extends AutoCloseable> owners) {
        RuntimeException first = null;
        for (AutoCloseable owner : owners) {
            try {
                owner.close();
            } catch (Exception failure) {
                if (first == null) {
                    first = failure instanceof RuntimeException unchecked
                            ? unchecked
                            : new IllegalStateException("closing failed: " + failure.getMessage(), failure);
                } else {
                    first.addSuppressed(failure);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
