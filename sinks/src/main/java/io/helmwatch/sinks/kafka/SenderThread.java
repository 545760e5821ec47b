package io.helmwatch.sinks.kafka;

import io.helmwatch.resource.CloseDeadline;
import io.helmwatch.resource.ThreadStop;
import io.helmwatch.sinks.SinkCounters;
import io.helmwatch.sinks.sqlite.SqliteException;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that sends messages from a file on disk to the broker. A file that cannot be read or written is retried with the back-off of the
 * session. Closing sends what waits while the broker accepts it, for at most three seconds.
 *
 * <p>Threading: started and closed by one thread; the rest on the thread itself. Ownership: closes the session.
 */
final class SenderThread implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SenderThread.class);
    private static final Duration DRAIN = Duration.ofSeconds(3);
    private static final Duration CLOSE_TIMEOUT = Duration.ofMillis(1_000);

    private final ProducerSession session;
    private final SinkCounters counters;
    private final LongSupplier waiting;
    private final Work work;
    private final Thread thread;
    private final CloseDeadline closing = new CloseDeadline();
    private String problem = "";

    /** What the thread does again and again. */
    interface Work {
        /**
         * Sends what waits, or waits for something to send for a moment.
         *
         * @throws SqliteException when the file cannot be read or written
         */
        void sendWaiting() throws InterruptedException;
    }

    /**
     * A thread that is not started.
     *
     * @param counters whether the broker accepts messages as far as is known
     * @param waiting number of messages that wait
     */
    SenderThread(String name, ProducerSession session, SinkCounters counters, LongSupplier waiting, Work work) {
        this.session = session;
        this.counters = counters;
        this.waiting = waiting;
        this.work = work;
        this.thread = new Thread(this::run, name);
        thread.setDaemon(true);
    }

    void start() {
        session.start();
        thread.start();
    }

    private void run() {
        try {
            while (!isDone()) {
                try {
                    work.sendWaiting();
                } catch (SqliteException e) {
                    warnOnce(e);
                    session.backOff();
                } catch (RuntimeException defect) {
                    // A thread that ended would leave everything unsent, and nobody told.
                    LOG.error("{} failed unexpectedly, retrying", thread.getName(), defect);
                    session.backOff();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            session.close(CLOSE_TIMEOUT);
        }
    }

    /** Whether nothing more is sent: closing, and the time is up, nothing waits, or the broker is known to be away. */
    boolean isDone() {
        return closing.isStarted() && (closing.isPast() || waiting.getAsLong() == 0 || isKnownUnavailable());
    }

    /** Whether the time for sending on closing is up. */
    boolean isPastDeadline() {
        return closing.isPast();
    }

    /** Before the first answer nothing is known. */
    private boolean isKnownUnavailable() {
        return !counters.connected() && !counters.problem().isEmpty();
    }

    /** Logs why the file cannot be used, unless that was the last thing logged. */
    void warnOnce(SqliteException failure) {
        String sentence = String.valueOf(failure.getMessage());
        if (!sentence.equals(problem)) {
            LOG.warn("{}", sentence);
        }
        problem = sentence;
    }

    /** The file can be used: the next failure is logged again. */
    void fileWorks() {
        problem = "";
    }

    @Override
    public void close() {
        if (!closing.start(DRAIN)) {
            return;
        }
        session.beginClose();
        ThreadStop.join(thread, DRAIN.plusSeconds(2).toMillis());
        if (thread.isAlive()) {
            thread.interrupt();
        }
    }
}
