package io.helmwatch.config.http;

import static io.helmwatch.config.schema.ValueTypes.bytes;
import static io.helmwatch.config.schema.ValueTypes.duration;
import static io.helmwatch.config.schema.ValueTypes.path;

import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionSpec;
import java.nio.file.Path;
import java.time.Duration;

/** The section {@code desk}. */
public final class DeskSection {
    private static final DeskConfig DEFAULT = DeskConfig.DEFAULT;
    private static final Key<DeskConfig, Path> DIRECTORY = Key.of(
            "directory",
            path(),
            DEFAULT.directory(),
            DeskConfig::directory,
            "folder of streams added while the service runs and of the history, created when missing");
    private static final Key<DeskConfig, Duration> KEEP = Key.of(
            "keep",
            duration(Duration.ofHours(1), Duration.ofDays(3_660)),
            DEFAULT.keep(),
            DeskConfig::keep,
            "how long incidents and counts of heads are kept");
    private static final Key<DeskConfig, Long> MAX_BYTES = Key.of(
            "max-bytes",
            bytes(1L << 20, 1L << 40),
            DEFAULT.maxBytes(),
            DeskConfig::maxBytes,
            "largest size of the history; beyond it the oldest incidents are deleted");

    /** The keys of the section. */
    public static final SectionSpec<DeskConfig> SPEC = SectionSpec.of(
            "what the page and its API keep on disk; without effect where `http` is off", DIRECTORY, KEEP, MAX_BYTES);

    private DeskSection() {}

    /** Reads the section and reports its problems. */
    public static DeskConfig read(Section section) {
        return new DeskConfig(
                section.file().resolve(section.value(DIRECTORY).toString()),
                section.value(KEEP),
                section.value(MAX_BYTES));
    }
}
