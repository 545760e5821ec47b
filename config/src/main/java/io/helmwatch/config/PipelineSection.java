package io.helmwatch.config;

import static io.helmwatch.config.schema.ValueTypes.duration;
import static io.helmwatch.config.schema.ValueTypes.wholeNumber;

import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionSpec;
import java.time.Duration;

/** The section {@code pipeline}. */
final class PipelineSection {
    private static final PipelineConfig DEFAULT = PipelineConfig.DEFAULT;
    private static final Duration LONGEST = Duration.ofDays(1);
    private static final Key<PipelineConfig, Integer> RING_SIZE = Key.of(
                    "ring-size",
                    wholeNumber(0, 65_536),
                    DEFAULT.ringSize(),
                    PipelineConfig::ringSize,
                    "slots for frames, a power of two")
            .meaning("chosen from the number of streams");
    private static final Key<PipelineConfig, Duration> MAX_FRAME_AGE = Key.of(
            "max-frame-age",
            duration(Duration.ofMillis(1), LONGEST),
            DEFAULT.maxFrameAge(),
            PipelineConfig::maxFrameAge,
            "age at which a live frame is dropped before inference, and counted");
    private static final Key<PipelineConfig, Duration> SHUTDOWN_TIMEOUT = Key.of(
            "shutdown-timeout",
            duration(Duration.ofMillis(100), LONGEST),
            DEFAULT.shutdownTimeout(),
            PipelineConfig::shutdownTimeout,
            "longest time that a shutdown waits until frames in flight are analysed and delivered");

    static final SectionSpec<PipelineConfig> SPEC =
            SectionSpec.of("the ring of frames between the stages", RING_SIZE, MAX_FRAME_AGE, SHUTDOWN_TIMEOUT);

    private PipelineSection() {}

    static PipelineConfig read(Section section) {
        int ringSize = section.value(RING_SIZE);
        if (Integer.bitCount(ringSize) > 1) {
            section.problem(RING_SIZE, "must be a power of two, or 0 to have it chosen");
        }
        return new PipelineConfig(ringSize, section.value(MAX_FRAME_AGE), section.value(SHUTDOWN_TIMEOUT));
    }
}
