package io.helmwatch.config.incident;

import static io.helmwatch.config.schema.ValueTypes.bytes;
import static io.helmwatch.config.schema.ValueTypes.flag;
import static io.helmwatch.config.schema.ValueTypes.path;

import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionSpec;
import java.nio.file.Path;

/** The section {@code incidents.spool}. */
final class SpoolSection {
    private static final SpoolConfig DEFAULT = SpoolConfig.DEFAULT;
    private static final Key<SpoolConfig, Path> DIRECTORY = Key.of(
            "directory",
            path(),
            DEFAULT.directory(),
            SpoolConfig::directory,
            "folder of the spool, created when missing");
    private static final Key<SpoolConfig, Long> MAX_BYTES = Key.of(
            "max-bytes",
            bytes(1L << 20, 1L << 40),
            DEFAULT.maxBytes(),
            SpoolConfig::maxBytes,
            "largest size of the queued incidents; further ones are rejected and counted");
    private static final Key<SpoolConfig, Boolean> FSYNC = Key.of(
            "fsync",
            flag(),
            DEFAULT.fsync(),
            SpoolConfig::fsync,
            "whether an incident counts as stored only when the disk has confirmed it, so that it survives a power cut");

    static final SectionSpec<SpoolConfig> SPEC =
            SectionSpec.of("where incidents are queued until the broker has them", DIRECTORY, MAX_BYTES, FSYNC);

    private SpoolSection() {}

    static SpoolConfig read(Section section) {
        return new SpoolConfig(
                section.file().resolve(section.value(DIRECTORY).toString()),
                section.value(MAX_BYTES),
                section.value(FSYNC));
    }
}
