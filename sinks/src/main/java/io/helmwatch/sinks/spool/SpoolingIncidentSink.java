package io.helmwatch.sinks.spool;

import io.helmwatch.sinks.IncidentSink;
import io.helmwatch.sinks.IncidentStatistics;
import io.helmwatch.sinks.IncidentWriter;
import io.helmwatch.vision.Incident;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Persists incidents in the spool, on a thread of its own ({@link IncidentWriter}).
 *
 * <p>A message counts as accepted once it is in the spool. Until then it is in memory, usually for a few milliseconds, and is lost
 * when the process is killed. Messages that a full spool does not take are refused and counted.
 *
 * <p>Threading: publish and statistics by any thread; close by one. Ownership: the spool belongs to the caller.
 */
public final class SpoolingIncidentSink implements IncidentSink {
    private final IncidentSpool spool;
    private final LongAdder accepted = new LongAdder();
    private final String name;
    private final IncidentWriter writer;

    /** One object for the lifetime of the sink, since meters hold it weakly. */
    private final IncidentStatistics statistics = new IncidentStatistics() {
        @Override
        public long accepted() {
            return accepted.sum();
        }

        @Override
        public long refused() {
            return writer.refused();
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
            return writer.problem();
        }
    };

    /** Starts the thread of the incidents' spool. */
    public SpoolingIncidentSink(IncidentSpool spool) {
        this(spool, "incident spool");
    }

    /**
     * Starts the thread.
     *
     * @param name of the spool in messages and of the thread
     */
    public SpoolingIncidentSink(IncidentSpool spool, String name) {
        this.spool = spool;
        this.name = name;
        this.writer = new IncidentWriter(name, this::append);
        writer.start();
    }

    @Override
    public void publish(Incident incident, Future<Incident.@Nullable Snapshot> snapshot) {
        writer.publish(incident, snapshot);
    }

    /** Whether every message that was published so far is in the spool. */
    public boolean isPersisted() {
        return writer.isIdle();
    }

    private String append(List<Incident> messages) {
        int lost = spool.append(messages);
        accepted.add(messages.size() - lost);
        writer.refuse(lost);
        return lost == 0
                ? ""
                : name + " is full: " + writer.refused()
                        + " messages refused so far; restore what receives them or raise incidents.spool.max-bytes";
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
