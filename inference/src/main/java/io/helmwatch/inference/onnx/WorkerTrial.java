package io.helmwatch.inference.onnx;

import io.helmwatch.config.ModelConfig;
import io.helmwatch.inference.InferenceException;
import io.helmwatch.inference.InferenceLane;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Measures which plan runs more images a second: as many one-threaded workers as cores (up to a limit), or one worker with all cores. */
final class WorkerTrial {

    /** Duration of a round; a run that has started is completed. */
    private static final long ROUND_NANOS = 150_000_000L;

    /** The plans alternate, and the best round of each counts, which reduces the influence of other load on the machine. */
    private static final int ROUNDS = 2;

    /** One worker must be this much faster: several keep all cores busy through pre- and postprocessing too. */
    private static final double MARGIN = 1.15;

    /** More workers than this share the cores by threads, since each needs tens of megabytes. */
    private static final int MAX_WORKERS = 16;

    private WorkerTrial() {}

    static OnnxRuntimeEngine fastest(Path model, ModelConfig config, int cores) {
        int workers = Math.min(cores, MAX_WORKERS);
        OnnxRuntimeEngine many =
                OnnxRuntimeEngine.open(model, config, new WorkerPlan(workers, cores / workers, "not measured"));
        OnnxRuntimeEngine one = null;
        try {
            one = OnnxRuntimeEngine.open(model, config, new WorkerPlan(1, cores, "not measured"));
            double manyPerSecond = 0;
            double onePerSecond = 0;
            for (int round = 0; round < ROUNDS; round++) {
                manyPerSecond = Math.max(manyPerSecond, imagesPerSecond(many));
                onePerSecond = Math.max(onePerSecond, imagesPerSecond(one));
            }
            boolean oneWins = onePerSecond > manyPerSecond * MARGIN;
            OnnxRuntimeEngine winner = oneWins ? one : many;
            OnnxRuntimeEngine loser = oneWins ? many : one;
            loser.close();
            String reason = String.format(
                    Locale.ROOT,
                    "measured %.1f images/s with %d workers, %.1f with one",
                    manyPerSecond,
                    workers,
                    onePerSecond);
            WorkerPlan plan = winner.plan();
            return winner.withPlan(new WorkerPlan(plan.workers(), plan.threadsPerWorker(), reason));
        } catch (Throwable failure) {
            many.close();
            if (one != null) {
                one.close();
            }
            throw failure;
        }
    }

    private static double imagesPerSecond(OnnxRuntimeEngine engine) {
        int workers = engine.plan().workers();
        List<InferenceLane> lanes = new ArrayList<>();
        List<FutureTask<Integer>> trials = new ArrayList<>();
        try {
            for (int i = 0; i < workers; i++) {
                InferenceLane lane = engine.openLane(1);
                lanes.add(lane);
                trials.add(new FutureTask<>(() -> runsWithinRound(lane)));
            }
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
            return runs * 1e9 / (System.nanoTime() - start);
        } finally {
            lanes.forEach(InferenceLane::close);
        }
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
                    throw new InferenceException("measuring the model failed: " + e.getCause(), e);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
