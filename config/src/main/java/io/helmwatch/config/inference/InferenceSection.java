package io.helmwatch.config.inference;

import static io.helmwatch.config.schema.ValueTypes.choice;
import static io.helmwatch.config.schema.ValueTypes.duration;
import static io.helmwatch.config.schema.ValueTypes.wholeNumber;

import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionSpec;
import java.time.Duration;

/** The section {@code inference}. */
public final class InferenceSection {
    private static final InferenceConfig DEFAULT = InferenceConfig.DEFAULT;
    private static final Key<InferenceConfig, CpuPrecision> PRECISION = Key.of(
            "precision",
            choice(CpuPrecision.class),
            DEFAULT.precision(),
            InferenceConfig::precision,
            "arithmetic of the model on a CPU; `int8` and `auto` use the ranges that `helmwatch quantize` wrote beside the model,"
                    + " `auto` where INT8 is faster on this CPU");
    private static final Key<InferenceConfig, Integer> WORKERS = Key.of(
                    "workers",
                    wholeNumber(0, 256),
                    DEFAULT.workers(),
                    InferenceConfig::workers,
                    "CPU workers with one thread each")
            .meaning("measured and chosen");
    private static final Key<InferenceConfig, Integer> MAX_BATCH = Key.of(
                    "max-batch",
                    wholeNumber(0, 1_024),
                    DEFAULT.maxBatch(),
                    InferenceConfig::maxBatch,
                    "largest number of frames in a batch")
            .meaning("the backend's own, 1 on a CPU, 32 on a GPU");
    private static final Key<InferenceConfig, Duration> MAX_DELAY = Key.of(
            "max-delay",
            duration(Duration.ZERO, Duration.ofSeconds(10)),
            DEFAULT.maxDelay(),
            InferenceConfig::maxDelay,
            "longest time that a batch with room waits for more frames");

    /** The keys of the section. */
    public static final SectionSpec<InferenceConfig> SPEC =
            SectionSpec.of("how the model is run", PRECISION, WORKERS, MAX_BATCH, MAX_DELAY);

    private InferenceSection() {}

    /** Reads the section and reports its problems. */
    public static InferenceConfig read(Section section) {
        return new InferenceConfig(
                section.value(PRECISION), section.value(WORKERS), section.value(MAX_BATCH), section.value(MAX_DELAY));
    }
}
