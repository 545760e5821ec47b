package io.helmwatch.sinks.delivery;

import io.helmwatch.resource.CloseDeadline;
import io.helmwatch.resource.ThreadStop;
import io.helmwatch.sinks.sqlite.SqliteException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that delivers what waits on disk. Attempts never end; pauses after failures grow from one to the next, or are as long as the receiver
 * asks. Closing delivers what waits to a receiver that takes it, for at most three seconds.
 *
 * <p>Threading: {@link #start} and {@link #close} by one thread, {@link #problem} and {@link #isDone} by any, the rest on the thread itself.
 */
public final class DeliveryThread implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DeliveryThread.class);
    private static final Duration LONGEST_ASKED_PAUSE = Duration.ofHours(1);
    private static final Duration DRAIN = Duration.ofSeconds(3);

    private final Pauses pauses;
    private final Work work;
    private final Thread thread;
    private final CloseDeadline closing = new CloseDeadline();
    private volatile String problem = "";

    // Owned by the thread.
    private Duration pause;

    /**
     * How long is waited after a failure.
     *
     * @param first after the first
     * @param longest at most
     */
    public record Pauses(Duration first, Duration longest) {
        /** A second at first, a minute at most. */
        public static final Pauses USUAL = new Pauses(Duration.ofSeconds(1), Duration.ofMinutes(1));
    }

    /** What the thread does. */
    public interface Work {
        /**
         * Delivers what waits, or waits for something to deliver for a moment.
         *
         * @throws DeliveryFailure when the receiver takes nothing
         * @throws SqliteException when the file cannot be read or written
         */
        void deliverWaiting() throws DeliveryFailure, InterruptedException;

        /** Whether something waits that can be delivered before the end. */
        boolean isWaiting();

        /** Logs the first of several failures. */
        void failed(String problem);

        /** Logs that the receiver takes what waits again. */
        void recovered();

        /** Closes connections; the last call of the thread. */
        void disconnect();

        /** Ends an attempt that outlasts the time for closing, beside an interrupt; by the thread that closes. */
        default void abort() {}
    }

    /** A thread that is not started. */
    public DeliveryThread(String name, Pauses pauses, Work work) {
        this.pauses = pauses;
        this.work = work;
        this.pause = pauses.first();
        this.thread = new Thread(this::run, name);
        thread.setDaemon(true);
    }

    /** Starts to deliver. */
    public void start() {
        thread.start();
    }

    private void run() {
        try {
            while (!isDone()) {
                try {
                    work.deliverWaiting();
                } catch (DeliveryFailure e) {
                    unavailable(String.valueOf(e.getMessage()), e.retryAfter());
                } catch (SqliteException e) {
                    unavailable(String.valueOf(e.getMessage()), Duration.ZERO);
                } catch (RuntimeException defect) {
                    // A thread that ended would leave everything undelivered, and nobody told.
                    LOG.error("{} failed unexpectedly, retrying", thread.getName(), defect);
                    unavailable("internal error: " + defect, Duration.ZERO);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            work.disconnect();
        }
    }

    /** Why nothing is delivered, one sentence without secrets; empty while all is well. */
    public String problem() {
        return problem;
    }

    /** Whether nothing more is delivered: while it closes, only a receiver that is well gets what waits, and for a limited time. */
    public boolean isDone() {
        return closing.isStarted() && (closing.isPast() || !problem.isEmpty() || !work.isWaiting());
    }

    /** Whether it is being closed. */
    public boolean isClosing() {
        return closing.isStarted();
    }

    /** The receiver has taken something. */
    public void available() {
        if (!problem.isEmpty()) {
            work.recovered();
        }
        problem = "";
        pause = pauses.first();
    }

    private void unavailable(String sentence, Duration asked) throws InterruptedException {
        if (problem.isEmpty() && !closing.isStarted()) {
            work.failed(sentence);
        }
        problem = sentence;
        Duration wait = asked.isZero() ? pause : shorter(asked, LONGEST_ASKED_PAUSE);
        pause = shorter(pause.multipliedBy(2), pauses.longest());
        closing.pause(wait);
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    @Override
    public void close() {
        if (!closing.start(DRAIN)) {
            return;
        }
        ThreadStop.join(thread, DRAIN.plusSeconds(1).toMillis());
        if (thread.isAlive()) {
            work.abort();
            ThreadStop.interruptAndJoin(thread, 1_000);
        }
    }
}
