package io.helmwatch.sinks.history;

import io.helmwatch.sinks.IncidentSink;
import io.helmwatch.sinks.IncidentStatistics;
import io.helmwatch.sinks.IncidentWriter;
import io.helmwatch.vision.Incident;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Writes incidents to the history, and removes what is too old once an hour, on a thread of its own ({@link IncidentWriter}).
 *
 * <p>Threading: publish and statistics by any thread; close by one. Ownership: the history belongs to the caller.
 */
public final class HistoryIncidentSink implements IncidentSink {
    private static final long PRUNE_NANOS = TimeUnit.HOURS.toNanos(1);

    private final IncidentHistory history;
    private final LongAdder recorded = new LongAdder();
    private final IncidentWriter writer = new IncidentWriter("incident history", new IncidentWriter.Target() {
        @Override
        public String write(List<Incident> messages) {
            history.record(messages);
            recorded.add(messages.size());
            return "";
        }

        @Override
        public void onIdle() {
            removeWithdrawn();
            pruneHourly(System.nanoTime());
        }
    });
    private final Queue<String> withdrawn = new ConcurrentLinkedQueue<>();
    private long prunedNanos = System.nanoTime() - PRUNE_NANOS;

    private final IncidentStatistics statistics = new IncidentStatistics() {
        @Override
        public long accepted() {
            return recorded.sum();
        }

        @Override
        public long refused() {
            return writer.refused();
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
            return writer.queued();
        }

        @Override
        public long waitingBytes() {
            return 0;
        }

        @Override
        public String problem() {
            return writer.problem();
        }
    };

    /** Starts the thread. */
    public HistoryIncidentSink(IncidentHistory history) {
        this.history = history;
        writer.start();
    }

    @Override
    public void publish(Incident incident, Future<Incident.@Nullable Snapshot> snapshot) {
        writer.publish(incident, snapshot);
    }

    @Override
    public void withdraw(String incident) {
        withdrawn.add(incident);
    }

    /** On the writer's thread, after the messages that are queued. */
    private void removeWithdrawn() {
        for (String incident = withdrawn.peek(); incident != null && writer.isIdle(); incident = withdrawn.peek()) {
            String removed = incident;
            boolean isDone = writer.attempt(() -> {
                history.remove(removed);
                return "";
            });
            if (!isDone) {
                return;
            }
            withdrawn.remove();
        }
    }

    private void pruneHourly(long nowNanos) {
        if (nowNanos - prunedNanos >= PRUNE_NANOS) {
            prunedNanos = nowNanos;
            writer.attempt(() -> {
                history.prune();
                return "";
            });
        }
    }

    @Override
    public IncidentStatistics statistics() {
        return statistics;
    }

    @Override
    public void close() {
        writer.close();
    }
}
