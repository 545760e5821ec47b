package io.helmwatch.sinks.notify;

import java.util.List;

/**
 * Hands messages to one target: a server, a broker, a mailbox.
 *
 * <p>Threading: one thread. Ownership: closing ends connections.
 */
public interface Notifier extends AutoCloseable {

    /**
     * Delivers messages; returns once the target has taken all of them.
     *
     * @param messages one, or those of a digest, oldest first
     * @throws NotifyException when it did not; some may have been taken, and are then sent again
     */
    void deliver(List<NotifyMessage> messages) throws NotifyException, InterruptedException;

    /**
     * Brings the target up to date with what is no message: called every half second.
     *
     * @throws NotifyException when it takes nothing
     */
    default void maintain() throws NotifyException, InterruptedException {}

    /** Whether starts and ends are sent whatever phases are configured, because the target keeps a state. */
    default boolean keepsState() {
        return false;
    }

    /** Ends connections; does not throw. */
    @Override
    void close();
}
