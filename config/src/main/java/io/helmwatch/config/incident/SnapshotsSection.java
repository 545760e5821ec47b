package io.helmwatch.config.incident;

import static io.helmwatch.config.schema.ValueTypes.bytes;
import static io.helmwatch.config.schema.ValueTypes.duration;
import static io.helmwatch.config.schema.ValueTypes.flag;
import static io.helmwatch.config.schema.ValueTypes.path;
import static io.helmwatch.config.schema.ValueTypes.text;
import static io.helmwatch.config.schema.ValueTypes.wholeNumber;

import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionSpec;
import java.nio.file.Path;
import java.time.Duration;

/** The section {@code incidents.snapshots}. */
final class SnapshotsSection {
    private static final SnapshotConfig DEFAULT = SnapshotConfig.DEFAULT;
    private static final Key<SnapshotConfig, Boolean> ENABLED = Key.of(
            "enabled",
            flag(),
            DEFAULT.enabled(),
            SnapshotConfig::enabled,
            "whether the frame that decided an incident is stored as JPEG");
    private static final Key<SnapshotConfig, Path> DIRECTORY = Key.of(
            "directory",
            path(),
            DEFAULT.directory(),
            SnapshotConfig::directory,
            "folder of the snapshots, created when missing; below it `STREAM/DATE/`");
    private static final Key<SnapshotConfig, Boolean> DRAWN = Key.of(
            "drawn",
            flag(),
            DEFAULT.drawn(),
            SnapshotConfig::drawn,
            "whether the snapshot is stored a second time with the boxes drawn");
    private static final Key<SnapshotConfig, Boolean> BLUR_OTHERS = Key.of(
            "blur-others",
            flag(),
            DEFAULT.blurOthers(),
            SnapshotConfig::blurOthers,
            "whether every head that the incident is not about is blurred");
    private static final Key<SnapshotConfig, Integer> QUALITY =
            Key.of("quality", wholeNumber(1, 100), DEFAULT.quality(), SnapshotConfig::quality, "JPEG quality");
    private static final Key<SnapshotConfig, Duration> KEEP = Key.of(
            "keep",
            duration(Duration.ofMinutes(1), Duration.ofDays(36_500)),
            DEFAULT.keep(),
            SnapshotConfig::keep,
            "age at which snapshots are deleted");
    private static final Key<SnapshotConfig, Long> MAX_BYTES = Key.of(
            "max-bytes",
            bytes(1L << 20, 1L << 50),
            DEFAULT.maxBytes(),
            SnapshotConfig::maxBytes,
            "largest size of all snapshots; the oldest are deleted beyond");
    private static final Key<SnapshotConfig, String> URL_PREFIX = Key.<SnapshotConfig, String>optional(
                    "url-prefix", text(), SnapshotConfig::urlPrefix, "none", "text before a snapshot's path in events")
            .example("https://evidence.example/helmwatch/");

    static final SectionSpec<SnapshotConfig> SPEC = SectionSpec.of(
            "images that prove incidents; masks are blackened in them",
            ENABLED,
            DIRECTORY,
            DRAWN,
            BLUR_OTHERS,
            QUALITY,
            KEEP,
            MAX_BYTES,
            URL_PREFIX);

    private SnapshotsSection() {}

    static SnapshotConfig read(Section section) {
        return new SnapshotConfig(
                section.value(ENABLED),
                section.file().resolve(section.value(DIRECTORY).toString()),
                section.value(DRAWN),
                section.value(BLUR_OTHERS),
                section.value(QUALITY),
                section.value(KEEP),
                section.value(MAX_BYTES),
                section.optional(URL_PREFIX));
    }
}
