package io.helmwatch.pipeline.backend;

import io.helmwatch.resource.Closer;

/**
 * The workers of a backend, which can be exchanged while a pipeline runs.
 *
 * <p>Threading: any thread asks, one exchanges. Ownership: owns the workers in use, and those that were retired while a pipeline may still
 * have used them.
 */
public final class ExchangeableWorkers implements AutoCloseable {
    private final Closer retired = new Closer();
    private volatile OpenedWorkers current;

    /** Takes ownership of the first workers. */
    public ExchangeableWorkers(OpenedWorkers first) {
        current = first;
    }

    /** The workers in use. */
    public OpenedWorkers current() {
        return current;
    }

    /** Takes ownership of the workers that a pipeline uses from now on; the caller owns those before. */
    public void replace(OpenedWorkers next) {
        current = next;
    }

    /** Takes ownership of workers that may not be closed yet, since a pipeline uses them; they are closed with the others. */
    public synchronized void retire(OpenedWorkers workers) {
        retired.register(workers);
    }

    /** Closes all workers; a second call does nothing. */
    @Override
    public synchronized void close() {
        retired.register(current);
        retired.close();
    }
}
