package io.helmwatch.inference.onnx;

import io.helmwatch.config.CpuPrecision;
import io.helmwatch.inference.InferenceLane;
import io.helmwatch.inference.ModelException;
import io.helmwatch.inference.ModelFile;
import io.helmwatch.resource.AtomicFile;
import io.helmwatch.resource.AtomicFile.Durability;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses between FP32 and INT8. {@code auto} takes INT8 where the model has accepted ranges, the CPU has instructions for it, and a
 * measurement of at most a second finds it faster; the result of the measurement is stored.
 *
 * <p>Measured is the processor time of one thread, so that other load on the machine changes little.
 */
final class PrecisionChoice {

    private static final Logger LOG = LoggerFactory.getLogger(PrecisionChoice.class);
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** The two alternate; the best round of each counts. */
    private static final int ROUNDS = 4;

    private static final long ROUND_NANOS = 100_000_000L;
    private static final String MAGIC = "helmwatch-precision 1";

    private final ModelForm fp32;
    private final Path cache;

    PrecisionChoice(ModelForm fp32, Path cache) {
        this.fp32 = fp32;
        this.cache = cache;
    }

    /**
     * The form to load.
     *
     * @throws ModelException for INT8 when the model has no accepted ranges
     */
    ModelForm choose(CpuPrecision precision) {
        return switch (precision) {
            case FP32 -> fp32;
            case INT8 ->
                fp32.inInt8(ranges().orElseThrow(() -> new ModelException(
                        "model " + fp32.path() + ": inference.precision int8: expected INT8 ranges in "
                                + QuantizationRanges.fileOf(fp32.path())
                                + ", found none: run 'helmwatch quantize' on images of your cameras")));
            case AUTO -> automatic();
        };
    }

    private Optional<QuantizationRanges> ranges() {
        return QuantizationRanges.of(ModelFile.read(fp32.path()));
    }

    private ModelForm automatic() {
        Optional<QuantizationRanges> ranges;
        try {
            ranges = ranges();
        } catch (ModelException e) {
            LOG.warn("Precision fp32: {}", e.getMessage());
            return fp32;
        }
        List<String> instructions = VectorInstructions.int8();
        if (ranges.isEmpty() || instructions.isEmpty()) {
            LOG.info(
                    "Precision fp32: {}",
                    ranges.isEmpty() ? "the model has no INT8 ranges" : "the CPU has no instructions for INT8");
            return fp32;
        }
        ModelForm int8 = fp32.inInt8(ranges.get());
        try {
            return isFaster(int8) ? int8 : fp32;
        } catch (ModelException e) {
            LOG.warn("Precision fp32: INT8 cannot be loaded: {}", e.getMessage());
            return fp32;
        }
    }

    private boolean isFaster(ModelForm int8) {
        ModelFile file = ModelFile.read(fp32.path());
        Path stored = cache.resolve(file.stem() + "-" + file.sha256().substring(0, 16) + ".precision");
        String key = VectorInstructions.cpuName() + " layout " + QdqQuantizer.LAYOUT;
        Optional<Boolean> known = read(stored, key);
        if (known.isPresent()) {
            return known.get();
        }
        double[] millis = measure(int8);
        boolean faster = millis[1] < millis[0];
        LOG.info(
                "Precision {}: measured {} ms of processor time per image in INT8, {} ms in FP32",
                faster ? "int8" : "fp32",
                String.format(Locale.ROOT, "%.1f", millis[1]),
                String.format(Locale.ROOT, "%.1f", millis[0]));
        try {
            String text = MAGIC + "\n" + key + "\n" + (faster ? "int8" : "fp32") + "\n";
            AtomicFile.replace(stored, text.getBytes(StandardCharsets.UTF_8), Durability.CACHED);
        } catch (IOException e) {
            LOG.info("Precision not stored in {}: {}; the next start measures again", stored, e.getMessage());
        }
        return faster;
    }

    private static Optional<Boolean> read(Path stored, String key) {
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

    /** Milliseconds of processor time per image in FP32 and in INT8. */
    private double[] measure(ModelForm int8) {
        WorkerPlan plan = new WorkerPlan(1, 1, "measurement");
        double[] best = {Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY};
        try (OnnxRuntimeEngine one = OnnxRuntimeEngine.open(fp32, plan);
                OnnxRuntimeEngine other = OnnxRuntimeEngine.open(int8, plan);
                InferenceLane oneLane = one.openTrialLane();
                InferenceLane otherLane = other.openTrialLane()) {
            for (int round = 0; round < ROUNDS; round++) {
                best[0] = Math.min(best[0], millisPerImage(oneLane));
                best[1] = Math.min(best[1], millisPerImage(otherLane));
            }
        }
        return best;
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
}
