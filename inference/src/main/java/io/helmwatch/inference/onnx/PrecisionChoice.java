package io.helmwatch.inference.onnx;

import io.helmwatch.config.inference.CpuPrecision;
import io.helmwatch.inference.ModelException;
import io.helmwatch.inference.ModelFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses between FP32 and INT8. {@code auto} takes INT8 where the model has accepted ranges and the CPU has instructions for it,
 * unless a measurement on this machine found it slower. The first start does not wait for the measurement: it is made while the
 * service runs, see {@link PrecisionTrial}, and decides later starts.
 *
 * <p>Threading: used by one thread.
 */
final class PrecisionChoice {

    private static final Logger LOG = LoggerFactory.getLogger(PrecisionChoice.class);

    private final ModelForm fp32;
    private final Path cache;
    private @Nullable PrecisionTrial trial;

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
        boolean taken = isTaken(int8);
        LOG.info(
                "Precision {}: {}",
                taken ? "int8" : "fp32",
                trial != null
                        ? "the CPU has " + instructions + "; measured while the service runs"
                        : "measured on this machine before");
        return taken ? int8 : fp32;
    }

    private boolean isTaken(ModelForm int8) {
        ModelFile file = ModelFile.read(fp32.path());
        Path stored = cache.resolve(file.stem() + "-" + file.sha256().substring(0, 16) + ".precision");
        String key = VectorInstructions.cpuName() + " layout " + QdqQuantizer.LAYOUT;
        Optional<Boolean> known = PrecisionTrial.read(stored, key);
        if (known.isEmpty()) {
            trial = new PrecisionTrial(fp32, int8, stored, key);
        }
        return known.orElse(true);
    }

    /** The measurement that is still to be made; null where none is needed. */
    @Nullable
    PrecisionTrial trial() {
        return trial;
    }
}
