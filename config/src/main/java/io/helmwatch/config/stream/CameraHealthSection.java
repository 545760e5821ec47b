package io.helmwatch.config.stream;

import static io.helmwatch.config.schema.ValueTypes.duration;
import static io.helmwatch.config.schema.ValueTypes.flag;

import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionSpec;
import java.time.Duration;

/** The section {@code camera-health}. */
public final class CameraHealthSection {
    private static final CameraHealthConfig DEFAULT = CameraHealthConfig.DEFAULT;
    private static final Duration HOUR = Duration.ofHours(1);

    private static final Key<CameraHealthConfig, Boolean> ENABLED = Key.of(
            "enabled",
            flag(),
            DEFAULT.enabled(),
            CameraHealthConfig::enabled,
            "whether images are checked; a single condition is left out with `ignore-health` of a stream");
    private static final Key<CameraHealthConfig, Duration> INTERVAL = Key.of(
            "interval",
            duration(Duration.ofSeconds(1), Duration.ofMinutes(1)),
            DEFAULT.interval(),
            CameraHealthConfig::interval,
            "shortest time between two checks of a camera");
    private static final Key<CameraHealthConfig, Duration> RAISE_AFTER = Key.of(
            "raise-after",
            duration(Duration.ofSeconds(1), HOUR),
            DEFAULT.raiseAfter(),
            CameraHealthConfig::raiseAfter,
            "how long an image is black, overexposed or covered before its stream is `degraded`; three times as long where it is"
                    + " blurred or the camera was moved, six times where it is frozen or too dark");
    private static final Key<CameraHealthConfig, Duration> CLEAR_AFTER = Key.of(
            "clear-after",
            duration(Duration.ofSeconds(1), HOUR),
            DEFAULT.clearAfter(),
            CameraHealthConfig::clearAfter,
            "how long the image is good again before the stream is `online` again");

    public static final SectionSpec<CameraHealthConfig> SPEC = SectionSpec.of(
            "checks of the cameras' images ([camera health](streams.md#camera-health))",
            ENABLED,
            INTERVAL,
            RAISE_AFTER,
            CLEAR_AFTER);

    private CameraHealthSection() {}

    /** The section's values. */
    public static CameraHealthConfig read(Section section) {
        return new CameraHealthConfig(
                section.value(ENABLED),
                section.value(INTERVAL),
                section.value(RAISE_AFTER),
                section.value(CLEAR_AFTER));
    }
}
