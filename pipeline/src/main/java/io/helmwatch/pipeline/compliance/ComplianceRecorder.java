package io.helmwatch.pipeline.compliance;

import io.helmwatch.resource.ThreadStop;
import io.helmwatch.sinks.compliance.ComplianceStore;
import io.helmwatch.sinks.sqlite.SqliteException;
import io.helmwatch.vision.ComplianceMinute;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records what was counted in every store, on a thread of its own, so that a slow disk delays no frame. A store that cannot be written is tried again every
 * {@value #INTERVAL_MILLIS} ms with everything since; beyond {@value #MOST_PENDING} counts the oldest are lost, and counted.
 *
 * <p>Threading: {@link #close} by one thread, after the last frame. Ownership: the stores belong to the caller.
 */
final class ComplianceRecorder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ComplianceRecorder.class);
    static final long INTERVAL_MILLIS = 2_000;
    static final int MOST_PENDING = 50_000;
    private static final long CLOSE_MILLIS = 3_000;

    private final ComplianceCounters counters;
    private final List<Outlet> outlets;
    private final Thread thread;
    private final Object monitor = new Object();
    private boolean closing;

    /** A store with what it has not taken yet. */
    private static final class Outlet {
        private final String name;
        private final ComplianceStore store;
        private final LongAdder recorded = new LongAdder();
        private final LongAdder lost = new LongAdder();
        // Owned by the thread.
        private final List<ComplianceMinute> pending = new ArrayList<>();
        private String problem = "";

        Outlet(String name, ComplianceStore store) {
            this.name = name;
            this.store = store;
        }

        void record(List<ComplianceMinute> minutes) {
            pending.addAll(minutes);
            int excess = pending.size() - MOST_PENDING;
            if (excess > 0) {
                pending.subList(0, excess).clear();
                lost.add(excess);
            }
            if (pending.isEmpty()) {
                return;
            }
            try {
                int refused = store.store(List.copyOf(pending));
                lost.add(refused);
                recorded.add(pending.size() - refused);
                pending.clear();
                report(refused == 0 ? "" : name + ": the store of compliance counts is full; further counts are lost");
            } catch (SqliteException e) {
                report(String.valueOf(e.getMessage()));
            }
        }

        private void report(String sentence) {
            if (sentence.equals(problem)) {
                return;
            }
            if (sentence.isEmpty()) {
                LOG.info("Compliance counts are recorded again: store={} lost={}", name, lost.sum());
            } else {
                LOG.warn("Compliance counts not recorded: {}", sentence);
            }
            problem = sentence;
        }
    }

    /**
     * Starts the thread.
     *
     * @param stores where counts are recorded, by the name that metrics have for each
     */
    ComplianceRecorder(ComplianceCounters counters, Map<String, ComplianceStore> stores, MeterRegistry registry) {
        this.counters = counters;
        this.outlets = stores.entrySet().stream()
                .map(store -> new Outlet(store.getKey(), store.getValue()))
                .toList();
        outlets.forEach(outlet -> {
            counter(registry, outlet, "recorded", outlet.recorded, "Zone minutes of counts recorded, by store");
            counter(registry, outlet, "lost", outlet.lost, "Zone minutes of counts lost, by store");
        });
        thread = new Thread(this::run, "compliance");
        thread.setDaemon(true);
        thread.start();
    }

    private static void counter(
            MeterRegistry registry, Outlet outlet, String what, LongAdder value, String description) {
        FunctionCounter.builder("helmwatch.compliance.counts." + what, value, LongAdder::sum)
                .description(description)
                .tag("store", outlet.name)
                .register(registry);
    }

    private void run() {
        try {
            while (awaitInterval()) {
                record(counters.drain());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        record(counters.drainAll());
    }

    private void record(List<ComplianceMinute> minutes) {
        outlets.forEach(outlet -> outlet.record(minutes));
    }

    /** Returns false when the recorder is closing. */
    private boolean awaitInterval() throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(INTERVAL_MILLIS);
        synchronized (monitor) {
            while (!closing) {
                long left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
                if (left <= 0) {
                    return true;
                }
                monitor.wait(left);
            }
            return false;
        }
    }

    /** Records everything that was counted. */
    @Override
    public void close() {
        synchronized (monitor) {
            closing = true;
            monitor.notifyAll();
        }
        ThreadStop.join(thread, CLOSE_MILLIS);
    }
}
