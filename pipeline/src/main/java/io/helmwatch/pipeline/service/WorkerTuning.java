package io.helmwatch.pipeline.service;

import io.helmwatch.pipeline.backend.ExchangeableWorkers;
import io.helmwatch.pipeline.backend.OpenedWorkers;
import io.helmwatch.pipeline.ring.HelmetPipeline;
import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.vision.DropCause;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Collection;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Measures the workers of a backend again when it matters: while frames are dropped for overload. Both plans analyse the frames of the
 * streams in turn, and the faster one is kept, so that what counts is the load that there is now rather than that of the start.
 *
 * <p>An exchange drops no frame: batches in flight are completed by the workers that have them. During a measurement, of about fifteen
 * seconds, half of the time goes to the slower plan.
 *
 * <p>Threading: checked by one thread; measures on a thread of its own. Ownership: {@link #close} ends the measurement; close it before the
 * pipeline.
 */
final class WorkerTuning implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerTuning.class);

    /** The plans alternate. */
    private static final int ROUNDS = 3;

    /** The other plan must be this much faster. */
    private static final double MARGIN = 1.1;

    private static final long POLL_MILLIS = 5;

    /**
     * Durations.
     *
     * @param patience of the overload before a measurement starts
     * @param settling after an exchange, not measured
     * @param round of one plan
     * @param pause between two measurements
     * @param exchange longest time for the batches in flight
     */
    record Timing(Duration patience, Duration settling, Duration round, Duration pause, Duration exchange) {
        static final Timing DEFAULT = new Timing(
                Duration.ofSeconds(30),
                Duration.ofMillis(500),
                Duration.ofSeconds(2),
                Duration.ofMinutes(30),
                Duration.ofSeconds(5));
    }

    /** A measurement that cannot be completed, with the reason. */
    private static final class Abandoned extends Exception {
        private static final long serialVersionUID = 1;

        Abandoned(String reason) {
            super(reason);
        }
    }

    private final HelmetPipeline pipeline;
    private final ExchangeableWorkers workers;
    private final Timing timing;
    private final Counter kept;
    private final Counter changed;
    private final Counter abandoned;
    private boolean overloaded;
    private long overloadedSinceNanos;
    private @Nullable Thread thread;
    private long notBeforeNanos;
    private boolean measured;
    private volatile boolean closed;
    /** Owned by the measuring thread, as the next one. */
    private OpenedWorkers inUse;

    private BooleanSupplier areOthersFree = () -> true;

    /** Registers the counters of measurements. */
    WorkerTuning(
            HelmetPipeline pipeline,
            ExchangeableWorkers workers,
            Timing timing,
            MeterRegistry registry,
            String device) {
        this.pipeline = pipeline;
        this.workers = workers;
        this.timing = timing;
        this.inUse = workers.current();
        this.kept = counter(registry, "kept", device);
        this.changed = counter(registry, "changed", device);
        this.abandoned = counter(registry, "abandoned", device);
    }

    private static Counter counter(MeterRegistry registry, String result, String device) {
        return Counter.builder("helmwatch.worker.measurements")
                .description("Measurements of inference workers under overload, by result")
                .tags("result", result, "device", device)
                .register(registry);
    }

    /** The streams that the workers analyse. */
    Collection<StreamFeed> feeds() {
        return pipeline.feeds();
    }

    /** Starts a measurement where the overload has lasted; to be called once a second. */
    synchronized void check(boolean isOverloaded, long nowNanos) {
        if (!isOverloaded) {
            overloaded = false;
            return;
        }
        if (!overloaded) {
            overloaded = true;
            overloadedSinceNanos = nowNanos;
        }
        boolean lasts = nowNanos - overloadedSinceNanos >= timing.patience().toNanos();
        boolean due = !measured || nowNanos - notBeforeNanos >= 0;
        if (!lasts || !due || closed || !workers.current().hasOtherPlan()) {
            return;
        }
        measured = true;
        notBeforeNanos = nowNanos + timing.pause().toNanos();
        Thread started = new Thread(this::measure, "worker-tuning");
        started.setDaemon(true);
        thread = started;
        started.start();
    }

    private void measure() {
        OpenedWorkers present = workers.current();
        OpenedWorkers other;
        try {
            other = present.openOtherPlan();
        } catch (RuntimeException failure) {
            abandoned.increment();
            LOG.info("Workers not measured, {} stay: {}", present.description(), failure.getMessage());
            return;
        }
        inUse = present;
        try {
            compare(present, other);
        } catch (Abandoned e) {
            abandoned.increment();
            LOG.info("Workers not measured, {} stay: {}", inUse.description(), e.getMessage());
        } catch (InterruptedException e) {
            LOG.debug("Workers not measured: the service is ending");
        } finally {
            workers.replace(inUse);
            OpenedWorkers idle = inUse == present ? other : present;
            if (areOthersFree.getAsBoolean()) {
                idle.close();
            } else {
                workers.retire(idle);
            }
        }
    }

    private void compare(OpenedWorkers present, OpenedWorkers other) throws Abandoned, InterruptedException {
        double ofPresent = 0;
        double ofOther = 0;
        int wins = 0;
        for (int round = 0; round < ROUNDS; round++) {
            long droppedBefore = dropped();
            double first = framesPerSecond();
            if (dropped() <= droppedBefore) {
                throw new Abandoned("the overload has ended");
            }
            exchange(other);
            double second = framesPerSecond();
            exchange(present);
            ofPresent += first / ROUNDS;
            ofOther += second / ROUNDS;
            wins += second > first ? 1 : 0;
        }
        // Other load comes and goes: most of the rounds decide, each of which compares both plans within a few seconds.
        boolean isOtherFaster = 2 * wins > ROUNDS && ofOther > ofPresent * MARGIN;
        if (isOtherFaster) {
            exchange(other);
            changed.increment();
        } else {
            kept.increment();
        }
        LOG.info(
                "Workers measured under overload: {} frames/s with {}, {} with {}; {}",
                String.format(Locale.ROOT, "%.1f", ofPresent),
                present.description(),
                String.format(Locale.ROOT, "%.1f", ofOther),
                other.description(),
                isOtherFaster ? "changed to the latter" : "the former stay");
    }

    private double framesPerSecond() throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(timing.settling().toNanos());
        long frames = pipeline.analysed();
        long start = System.nanoTime();
        TimeUnit.NANOSECONDS.sleep(timing.round().toNanos());
        return (pipeline.analysed() - frames) * 1e9 / (System.nanoTime() - start);
    }

    /** Frames dropped since the stages do not keep up. */
    private long dropped() {
        long sum = 0;
        for (StreamFeed feed : pipeline.feeds()) {
            sum += feed.dropped(DropCause.RING_FULL)
                    + feed.dropped(DropCause.STREAM_SHARE)
                    + feed.dropped(DropCause.STALE);
        }
        return sum;
    }

    /** Lets the pipeline use other workers and waits until those before are free. */
    private void exchange(OpenedWorkers next) throws Abandoned, InterruptedException {
        areOthersFree = pipeline.useLanes(next.lanes(), next.workers());
        inUse = next;
        long deadline = System.nanoTime() + timing.exchange().toNanos();
        while (!areOthersFree.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new Abandoned("no frames to analyse");
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    /** Ends a measurement; a second call does nothing. */
    @Override
    public void close() {
        Thread running;
        synchronized (this) {
            closed = true;
            running = thread;
        }
        boolean interrupted = false;
        while (running != null && running.isAlive()) {
            running.interrupt();
            try {
                running.join(100);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
