package io.helmwatch.inference.onnx;

import io.helmwatch.inference.InferenceException;
import io.helmwatch.inference.InferenceLane;
import io.helmwatch.inference.ModelException;
import io.helmwatch.resource.AtomicFile;
import io.helmwatch.resource.AtomicFile.Durability;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Measures once on a machine whether a model is faster in INT8 or in FP32, and stores the result. It begins some time after the
 * start, so that the first events do not wait for it, and takes about a second of processor time.
 *
 * <p>Measured is the processor time of one thread, so that other load on the machine changes little.
 *
 * <p>Threading: a thread of its own. Ownership: {@link #close} ends the thread and frees what it opened.
 */
final class PrecisionTrial implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(PrecisionTrial.class);
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final Duration DELAY = Duration.ofSeconds(20);

    /** The two alternate; the best round of each counts. */
    private static final int ROUNDS = 4;

    private static final long ROUND_NANOS = 100_000_000L;
    private static final String MAGIC = "helmwatch-precision 1";

    private final ModelForm fp32;
    private final ModelForm int8;
    private final Path stored;
    private final String key;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread = new Thread(this::run, "precision-trial");

    /**
     * Prepares a measurement.
     *
     * @param stored file of the result
     * @param key machine and layout that the result is for
     */
    PrecisionTrial(ModelForm fp32, ModelForm int8, Path stored, String key) {
        this.fp32 = fp32;
        this.int8 = int8;
        this.stored = stored;
        this.key = key;
        thread.setDaemon(true);
    }

    /** A stored result: whether INT8 is faster; empty where there is none for this machine. */
    static Optional<Boolean> read(Path stored, String key) {
        try {
            List<String> lines = Files.readAllLines(stored);
            return lines.size() == 3
                            && lines.get(0).equals(MAGIC)
                            && lines.get(1).equals(key)
                    ? Optional.of(lines.get(2).equals("int8"))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Starts the thread. */
    void start() {
        thread.start();
    }

    private void run() {
        try {
            if (!closed.await(DELAY.toMillis(), TimeUnit.MILLISECONDS)) {
                measure();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ModelException | InferenceException e) {
            LOG.info("Precision not measured: {}; the next start tries again", e.getMessage());
        }
    }

    /** Measures, unless closed meanwhile, and stores the result. */
    void measure() {
        WorkerPlan plan = new WorkerPlan(1, 1, "measurement");
        double inFp32 = Double.POSITIVE_INFINITY;
        double inInt8 = Double.POSITIVE_INFINITY;
        try (OnnxRuntimeEngine one = OnnxRuntimeEngine.open(fp32, plan);
                OnnxRuntimeEngine other = OnnxRuntimeEngine.open(int8, plan);
                InferenceLane oneLane = one.openTrialLane();
                InferenceLane otherLane = other.openTrialLane()) {
            for (int round = 0; round < ROUNDS; round++) {
                if (closed.getCount() == 0) {
                    return;
                }
                inFp32 = Math.min(inFp32, millisPerImage(oneLane));
                inInt8 = Math.min(inInt8, millisPerImage(otherLane));
            }
        }
        store(inFp32, inInt8);
    }

    private static double millisPerImage(InferenceLane lane) {
        long start = THREADS.getCurrentThreadCpuTime();
        int runs = 0;
        long spent;
        do {
            lane.run(1);
            runs++;
            spent = THREADS.getCurrentThreadCpuTime() - start;
        } while (spent < ROUND_NANOS);
        return spent / 1e6 / runs;
    }

    private void store(double inFp32, double inInt8) {
        boolean faster = inInt8 < inFp32;
        LOG.info(
                "Precision measured: {} ms of processor time per image in INT8, {} ms in FP32; {}",
                String.format(Locale.ROOT, "%.1f", inInt8),
                String.format(Locale.ROOT, "%.1f", inFp32),
                faster ? "INT8 stays" : "FP32 is used from the next start on");
        try {
            String text = MAGIC + "\n" + key + "\n" + (faster ? "int8" : "fp32") + "\n";
            AtomicFile.replace(stored, text.getBytes(StandardCharsets.UTF_8), Durability.CACHED);
        } catch (IOException e) {
            LOG.info("Precision not stored in {}: {}; the next start measures again", stored, e.getMessage());
        }
    }

    /** Ends the measurement; a second call does nothing. */
    @Override
    public void close() {
        closed.countDown();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
