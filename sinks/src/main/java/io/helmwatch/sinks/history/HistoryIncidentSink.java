package io.helmwatch.sinks.history;

import io.helmwatch.sinks.IncidentSink;
import io.helmwatch.sinks.IncidentSnapshots;
import io.helmwatch.sinks.IncidentStatistics;
import io.helmwatch.sinks.PendingIncident;
import io.helmwatch.sinks.sqlite.SqliteException;
import io.helmwatch.vision.Incident;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes incidents to the history, on a thread of its own, so that neither a slow disk nor a snapshot in progress delays the pipeline.
 *
 * <p>When the disk cannot be written, messages are retried every second; meanwhile up to {@value #CAPACITY} are queued in memory, further ones
 * are refused and counted.
 *
 * <p>Threading: publish and statistics by any thread; close by one. Ownership: the history belongs to the caller.
 */
public final class HistoryIncidentSink implements IncidentSink {
    private static final Logger LOG = LoggerFactory.getLogger(HistoryIncidentSink.class);
    private static final int CAPACITY = 4_096;
    private static final int BATCH = 64;
    private static final long RETRY_MILLIS = 1_000;
    private static final long CLOSE_MILLIS = 3_000;
    private static final long PRUNE_NANOS = TimeUnit.HOURS.toNanos(1);

    private final IncidentHistory history;
    private final BlockingQueue<PendingIncident> queue = new ArrayBlockingQueue<>(CAPACITY);
    private final IncidentSnapshots snapshots = new IncidentSnapshots();
    private final LongAdder recorded = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final Thread thread;
    private volatile String problem = "";
    private volatile boolean closing;
    private volatile long closeByNanos;

    private final IncidentStatistics statistics = new IncidentStatistics() {
        @Override
        public long accepted() {
            return recorded.sum();
        }

        @Override
        public long refused() {
            return refused.sum();
        }

        @Override
        public long delivered() {
            return recorded.sum();
        }

        @Override
        public long deadLetters() {
            return 0;
        }

        @Override
        public long waiting() {
            return queue.size();
        }

        @Override
        public long waitingBytes() {
            return 0;
        }

        @Override
        public String problem() {
            return problem;
        }
    };

    /** Starts the thread. */
    public HistoryIncidentSink(IncidentHistory history) {
        this.history = history;
        this.thread = new Thread(this::run, "incident-history");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void publish(Incident incident, Future<Incident.@Nullable Snapshot> snapshot) {
        if (closing || !queue.offer(new PendingIncident(incident, snapshot))) {
            refused.increment();
        }
    }

    private void run() {
        long prunedNanos = System.nanoTime() - PRUNE_NANOS;
        try {
            while (true) {
                boolean isIdle = !recordNext();
                long now = System.nanoTime();
                if (now - prunedNanos >= PRUNE_NANOS) {
                    prunedNanos = now;
                    attempt(history::prune);
                }
                if (isIdle && closing) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Records the messages that wait, until it succeeds; returns false when none came for a moment. */
    private boolean recordNext() throws InterruptedException {
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
        while (!attempt(() -> history.record(batch)) && !isPastDeadline()) {
            TimeUnit.MILLISECONDS.sleep(closing ? 100 : RETRY_MILLIS);
        }
        recorded.add(batch.size());
        return true;
    }

    private boolean isPastDeadline() {
        return closing && System.nanoTime() - closeByNanos >= 0;
    }

    private boolean attempt(Runnable work) {
        try {
            work.run();
        } catch (SqliteException e) {
            if (problem.isEmpty()) {
                LOG.error("{}", e.getMessage());
            }
            problem = String.valueOf(e.getMessage());
            return false;
        }
        if (!problem.isEmpty()) {
            LOG.info("Incident history written again: {} messages refused so far", refused.sum());
            problem = "";
        }
        return true;
    }

    @Override
    public IncidentStatistics statistics() {
        return statistics;
    }

    @Override
    public void close() {
        if (closing) {
            return;
        }
        closeByNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CLOSE_MILLIS);
        closing = true;
        try {
            thread.join(2 * CLOSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
