package io.helmwatch.resource;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Closes several resources in reverse order of their registration, also when opening one of them fails.
 *
 * <pre>{@code
 * try (Closer opened = new Closer()) {
 *     Engine engine = opened.register(Engine.open(model));
 *     Lane lane = opened.register(engine.openLane());
 *     return new Stages(engine, lane, opened.transfer());
 * }
 * }</pre>
 *
 * <p>Closing attempts every resource: the first failure is thrown, later ones are suppressed exceptions of it. A second call
 * does nothing.
 *
 * <p>Threading: one thread at a time.
 */
public final class Closer implements AutoCloseable {
    private final Deque<AutoCloseable> resources = new ArrayDeque<>();

    /** Creates a closer without resources. */
    public Closer() {}

    /** Registers a resource, which is closed before all that were registered earlier. */
    public <T extends AutoCloseable> T register(T resource) {
        resources.push(resource);
        return resource;
    }

    /** Moves all resources to a new closer; closing this one does nothing then. */
    public Closer transfer() {
        Closer owner = new Closer();
        owner.resources.addAll(resources);
        resources.clear();
        return owner;
    }

    /** Closes all resources, for use in a {@code catch} block: failures are added to {@code cause} as suppressed exceptions. */
    public void closeAfter(Throwable cause) {
        try {
            close();
        } catch (RuntimeException | Error failure) {
            if (failure != cause) {
                cause.addSuppressed(failure);
            }
        }
    }

    /**
     * Closes all resources.
     *
     * @throws RuntimeException the first failure; a checked exception becomes the cause of an {@link IllegalStateException}
     */
    @Override
    public void close() {
        Throwable first = null;
        while (!resources.isEmpty()) {
            try {
                resources.pop().close();
            } catch (Throwable failure) {
                if (failure instanceof InterruptedException) {
                    Thread.currentThread().interrupt();
                }
                if (first == null) {
                    first = failure;
                } else if (first != failure) {
                    first.addSuppressed(failure);
                }
            }
        }
        if (first instanceof Error error) {
            throw error;
        }
        if (first instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        if (first != null) {
            throw new IllegalStateException("closing failed: " + first.getMessage(), first);
        }
    }
}
