package io.helmwatch.inference.onnx;

import com.sun.management.OperatingSystemMXBean;
import io.helmwatch.inference.InferenceException;
import io.helmwatch.inference.InferenceLane;
import io.helmwatch.resource.Closer;
import io.helmwatch.resource.FailureText;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Measures which plan runs more images a second: as many one-threaded workers as cores (up to a limit), or one worker with all cores.
 *
 * <p>Rounds during which the process did not get the processor time that it asked for, since something else was running, are repeated within
 * a time limit. Where all rounds of a plan are of this kind the measurement says nothing, and the plan with many workers is used: it keeps
 * all cores busy through pre- and postprocessing, too.
 */
final class WorkerTrial {

    /** Duration of a round; a run that has started is completed. */
    private static final long ROUND_NANOS = 150_000_000L;

    /** The plans alternate, and the best round of each counts, which reduces the influence of other load on the machine. */
    private static final int ROUNDS = 2;

    /** No further round is started after this time. */
    private static final long LIMIT_NANOS = 1_500_000_000L;

    /** Share of the processor time of all cores that a round must have had. */
    private static final double UNDISTURBED = 0.85;

    /** One worker must be this much faster: several keep all cores busy through pre- and postprocessing too. */
    private static final double MARGIN = 1.15;

    /** More workers than this share the cores by threads, since each needs tens of megabytes. */
    private static final int MAX_WORKERS = 16;

    private static final int CORES = Runtime.getRuntime().availableProcessors();

    private WorkerTrial() {}

    static OnnxRuntimeEngine fastest(ModelForm form, int cores) {
        int workers = Math.min(cores, MAX_WORKERS);
        byte[] rewritten = form.rewritten();
        try (Closer opened = new Closer()) {
            Candidate many = new Candidate(opened.register(
                    OnnxRuntimeEngine.open(form, rewritten, new WorkerPlan(workers, cores / workers, "not measured"))));
            Candidate one = new Candidate(
                    opened.register(OnnxRuntimeEngine.open(form, rewritten, new WorkerPlan(1, cores, "not measured"))));
            long start = System.nanoTime();
            for (int round = 0; round < ROUNDS || needsAnotherRound(many, one, start); round++) {
                many.measure();
                one.measure();
            }
            boolean undisturbed = many.isMeasured() && one.isMeasured();
            boolean oneWins = undisturbed && one.best > many.best * MARGIN;
            Candidate winner = oneWins ? one : many;
            Candidate loser = oneWins ? many : one;
            String reason = undisturbed
                    ? String.format(
                            Locale.ROOT,
                            "measured %.1f images/s with %d workers, %.1f with one",
                            many.best,
                            workers,
                            one.best)
                    : String.format(
                            Locale.ROOT,
                            "default: measured under other load, which left %.0f %% of the cores",
                            100 * Math.min(many.largestShare, one.largestShare));
            WorkerPlan plan = winner.engine.plan();
            // Takes the session of the winner; what remains is closed.
            return winner.engine.chosen(
                    new WorkerPlan(plan.workers(), plan.threadsPerWorker(), reason), loser.engine.plan());
        }
    }

    private static boolean needsAnotherRound(Candidate many, Candidate one, long start) {
        return !(many.isMeasured() && one.isMeasured()) && System.nanoTime() - start < LIMIT_NANOS;
    }

    /** A plan and its measurements. */
    private static final class Candidate {
        private final OnnxRuntimeEngine engine;
        private double best;
        private double largestShare;

        Candidate(OnnxRuntimeEngine engine) {
            this.engine = engine;
        }

        void measure() {
            Round round = round(engine);
            largestShare = Math.max(largestShare, round.share);
            if (round.share >= UNDISTURBED) {
                best = Math.max(best, round.imagesPerSecond);
            }
        }

        /** Whether there was a round without other load. */
        boolean isMeasured() {
            return best > 0;
        }
    }

    /**
     * One round.
     *
     * @param imagesPerSecond throughput
     * @param share processor time of the threads of the plan, divided by the time that its cores had
     */
    private record Round(double imagesPerSecond, double share) {}

    private static Round round(OnnxRuntimeEngine engine) {
        WorkerPlan plan = engine.plan();
        List<FutureTask<Integer>> trials = new ArrayList<>();
        try (Closer lanes = new Closer()) {
            for (int i = 0; i < plan.workers(); i++) {
                InferenceLane lane = lanes.register(engine.openTrialLane());
                trials.add(new FutureTask<>(() -> runsWithinRound(lane)));
            }
            long processorTime = processorNanos();
            long start = System.nanoTime();
            for (FutureTask<Integer> trial : trials) {
                Thread thread = new Thread(trial, "infer-trial");
                thread.setDaemon(true);
                thread.start();
            }
            int runs = 0;
            for (FutureTask<Integer> trial : trials) {
                runs += resultOf(trial);
            }
            double nanos = System.nanoTime() - start;
            // Threads inside one run wait for each other; only one of them must be busy throughout.
            int busy = plan.threadsPerWorker() == 1 ? Math.min(plan.workers(), CORES) : 1;
            return new Round(runs * 1e9 / nanos, (processorNanos() - processorTime) / nanos / busy);
        }
    }

    private static long processorNanos() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
    }

    private static int runsWithinRound(InferenceLane lane) {
        long start = System.nanoTime();
        int runs = 0;
        do {
            lane.run(1);
            runs++;
        } while (System.nanoTime() - start < ROUND_NANOS);
        return runs;
    }

    /** Waits for the end even when interrupted: the lanes must not be closed during a run. */
    private static int resultOf(FutureTask<Integer> trial) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return trial.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    throw new InferenceException(
                            "measuring the model failed: " + FailureText.of(FailureText.root(e)), e);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
