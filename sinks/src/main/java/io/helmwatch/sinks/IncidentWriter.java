package io.helmwatch.sinks;

import io.helmwatch.resource.CloseDeadline;
import io.helmwatch.resource.ThreadStop;
import io.helmwatch.sinks.sqlite.SqliteException;
import io.helmwatch.vision.Incident;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes incidents to a file in batches on a thread of its own, so that neither a slow disk nor a snapshot in progress delays the pipeline.
 *
 * <p>When the file cannot be written, the batch is retried every second; meanwhile up to {@value #CAPACITY} messages are queued in memory,
 * further ones are refused and counted. Closing writes what is queued for up to three seconds.
 *
 * <p>Threading: publish and figures by any thread; start and close by one. Ownership: the file belongs to the caller.
 */
public final class IncidentWriter implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(IncidentWriter.class);
    private static final int CAPACITY = 4_096;
    private static final int BATCH = 64;
    private static final long RETRY_MILLIS = 1_000;
    private static final Duration CLOSE_TIME = Duration.ofSeconds(3);

    private final String name;
    private final Target target;
    private final BlockingQueue<PendingIncident> queue = new ArrayBlockingQueue<>(CAPACITY);
    private final IncidentSnapshots snapshots = new IncidentSnapshots();
    private final LongAdder refused = new LongAdder();
    /** Messages that are in memory only. */
    private final AtomicInteger unwritten = new AtomicInteger();

    private final Thread thread;
    private final CloseDeadline closing = new CloseDeadline();
    private volatile String problem = "";

    /** What the messages are written to; called on the writer's thread. */
    public interface Target {
        /**
         * Writes messages, all or none.
         *
         * @return why some of them are lost for good, as a sentence; empty when none is
         * @throws SqliteException when none was written; they are written again later
         */
        String write(List<Incident> messages);

        /** Called after each batch, and at least ten times a second while no message comes. */
        default void onIdle() {
            // Nothing but messages is written.
        }
    }

    /**
     * A writer that is not started.
     *
     * @param name of the file in messages and of the thread, such as {@code incident spool}
     */
    public IncidentWriter(String name, Target target) {
        this.name = name;
        this.target = target;
        this.thread = new Thread(this::run, name.replace(' ', '-'));
        thread.setDaemon(true);
    }

    /** Starts the thread; once. */
    public void start() {
        thread.start();
    }

    /** Queues a message, or refuses and counts it. */
    public void publish(Incident incident, Future<Incident.@Nullable Snapshot> snapshot) {
        unwritten.incrementAndGet();
        if (closing.isStarted() || !queue.offer(new PendingIncident(incident, snapshot))) {
            unwritten.decrementAndGet();
            refuse(1);
        }
    }

    /** Counts messages that are lost. */
    public void refuse(long messages) {
        refused.add(messages);
    }

    /** Messages that are lost. */
    public long refused() {
        return refused.sum();
    }

    /** Whether every message that was published so far is written, or lost. */
    public boolean isIdle() {
        return unwritten.get() == 0;
    }

    /** Messages in memory. */
    public int queued() {
        return queue.size();
    }

    /** Why messages are not written at present, as a sentence; empty when they are. */
    public String problem() {
        return problem;
    }

    private void run() {
        try {
            boolean isIdle;
            do {
                isIdle = !writeNext();
                target.onIdle();
            } while (!(isIdle && closing.isStarted()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Writes the messages that wait, until it succeeds; returns false when none came for a moment. */
    private boolean writeNext() throws InterruptedException {
        PendingIncident first = queue.poll(100, TimeUnit.MILLISECONDS);
        if (first == null) {
            return false;
        }
        List<PendingIncident> messages = new ArrayList<>(List.of(first));
        queue.drainTo(messages, BATCH - 1);
        List<Incident> batch = new ArrayList<>();
        for (PendingIncident message : messages) {
            batch.add(snapshots.complete(message));
        }
        while (!attempt(() -> target.write(batch)) && !closing.isPast()) {
            TimeUnit.MILLISECONDS.sleep(closing.isStarted() ? 100 : RETRY_MILLIS);
        }
        unwritten.addAndGet(-batch.size());
        return true;
    }

    /**
     * Writes to the file; the first of several failures is logged, and the success that ends them. On the writer's thread.
     *
     * @param work returns why something is lost for good, as a sentence; empty when nothing is
     * @return false when the file cannot be written
     */
    public boolean attempt(Supplier<String> work) {
        String loss;
        try {
            loss = work.get();
        } catch (SqliteException e) {
            report(String.valueOf(e.getMessage()));
            return false;
        }
        if (!loss.isEmpty()) {
            report(loss);
        } else if (!problem.isEmpty()) {
            LOG.info("Messages to the {} written again: {} refused so far", name, refused());
            problem = "";
        }
        return true;
    }

    private void report(String sentence) {
        if (problem.isEmpty()) {
            LOG.error("{}", sentence);
        }
        problem = sentence;
    }

    /** Writes what is queued, for a limited time; a second call does nothing. */
    @Override
    public void close() {
        if (closing.start(CLOSE_TIME)) {
            ThreadStop.join(thread, CLOSE_TIME.multipliedBy(2).toMillis());
        }
    }
}
