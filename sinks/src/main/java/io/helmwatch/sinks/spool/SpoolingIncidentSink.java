package io.helmwatch.sinks.spool;

import io.helmwatch.sinks.IncidentSink;
import io.helmwatch.sinks.IncidentSnapshots;
import io.helmwatch.sinks.IncidentStatistics;
import io.helmwatch.sinks.PendingIncident;
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
 * Persists incidents on a thread of its own, so that neither a slow disk nor a snapshot in progress delays the pipeline.
 *
 * <p>A message counts as accepted once it is in the spool. Until then it is in memory, usually for a few milliseconds, and is lost
 * when the process is killed. When the disk cannot be written, the write is retried every second; meanwhile up to
 * {@value #CAPACITY} messages are queued in memory, further ones are refused and counted.
 *
 * <p>Threading: publish and statistics by any thread; close by one. Ownership: the spool belongs to the caller.
 */
public final class SpoolingIncidentSink implements IncidentSink {
    private static final Logger LOG = LoggerFactory.getLogger(SpoolingIncidentSink.class);
    private static final int CAPACITY = 4_096;
    private static final int BATCH = 64;
    private static final long RETRY_MILLIS = 1_000;
    private static final long CLOSE_MILLIS = 3_000;

    private final IncidentSpool spool;
    private final BlockingQueue<PendingIncident> queue = new ArrayBlockingQueue<>(CAPACITY);
    private final IncidentSnapshots snapshots = new IncidentSnapshots();
    private final LongAdder accepted = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final Thread thread;
    private volatile String problem = "";
    private volatile boolean closing;
    private volatile long closeByNanos;

    /** One object for the lifetime of the sink, since meters hold it weakly. */
    private final IncidentStatistics statistics = new IncidentStatistics() {
        @Override
        public long accepted() {
            return accepted.sum();
        }

        @Override
        public long refused() {
            return refused.sum();
        }

        @Override
        public long delivered() {
            return spool.delivered();
        }

        @Override
        public long deadLetters() {
            return spool.deadLetters();
        }

        @Override
        public long deadLetterBytes() {
            return spool.deadLetterBytes();
        }

        @Override
        public long waiting() {
            return spool.waiting();
        }

        @Override
        public long waitingBytes() {
            return spool.waitingBytes();
        }

        @Override
        public long oldestWaitingMillis() {
            return spool.oldestMillis();
        }

        @Override
        public long salvaged() {
            return spool.salvaged();
        }

        @Override
        public long lostFiles() {
            return spool.lostFiles();
        }

        @Override
        public String problem() {
            return problem;
        }
    };

    /** Starts the thread. */
    public SpoolingIncidentSink(IncidentSpool spool) {
        this.spool = spool;
        this.thread = new Thread(this::run, "incident-spool");
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
        List<Incident> batch = new ArrayList<>();
        List<PendingIncident> messages = new ArrayList<>();
        try {
            while (true) {
                if (messages.isEmpty()) {
                    PendingIncident first = queue.poll(100, TimeUnit.MILLISECONDS);
                    if (first == null) {
                        if (closing) {
                            return;
                        }
                        continue;
                    }
                    messages.add(first);
                    queue.drainTo(messages, BATCH - 1);
                    for (PendingIncident message : messages) {
                        batch.add(snapshots.complete(message));
                    }
                }
                if (append(batch) || isPastDeadline()) {
                    batch.clear();
                    messages.clear();
                } else {
                    TimeUnit.MILLISECONDS.sleep(closing ? 100 : RETRY_MILLIS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isPastDeadline() {
        return closing && System.nanoTime() - closeByNanos >= 0;
    }

    private boolean append(List<Incident> batch) {
        try {
            int lost = spool.append(batch);
            accepted.add(batch.size() - lost);
            refused.add(lost);
            if (lost > 0) {
                report("incident spool is full: " + refused.sum()
                        + " messages refused so far; restore what receives them or raise incidents.spool.max-bytes");
            } else if (!problem.isEmpty()) {
                LOG.info("Incident spool accepts messages again: {} refused so far", refused.sum());
                problem = "";
            }
            return true;
        } catch (SpoolException e) {
            report(String.valueOf(e.getMessage()));
            return false;
        }
    }

    private void report(String sentence) {
        if (problem.isEmpty()) {
            LOG.error("{}", sentence);
        }
        problem = sentence;
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
