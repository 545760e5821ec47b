package io.helmwatch.config.http;

import static io.helmwatch.config.schema.ValueTypes.bytes;
import static io.helmwatch.config.schema.ValueTypes.duration;
import static io.helmwatch.config.schema.ValueTypes.existingFolder;
import static io.helmwatch.config.schema.ValueTypes.listOf;
import static io.helmwatch.config.schema.ValueTypes.path;
import static io.helmwatch.config.schema.ValueTypes.text;
import static io.helmwatch.config.schema.ValueTypes.timeZone;

import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.RequestLimits;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionList;
import io.helmwatch.config.schema.SectionSpec;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.HashSet;
import java.util.List;

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

    private static final Key<DeskConfig, ZoneId> TIME_ZONE = Key.<DeskConfig, ZoneId>optional(
                    "time-zone",
                    timeZone(),
                    DeskConfig::timeZone,
                    "the machine's",
                    "time zone of the hours, days and shifts of reports")
            .example("Europe/Berlin");
    private static final SectionList<DeskConfig, ShiftConfig> SHIFTS =
            SectionList.of("shifts", ShiftSection.SPEC, DeskConfig::shifts, "none");

    private static final Key<DeskConfig, List<Path>> LOCAL_FOLDERS = Key.<DeskConfig, List<Path>>of(
                    "local-folders",
                    listOf(existingFolder()),
                    DEFAULT.limits().folders(),
                    desk -> desk.limits().folders(),
                    "folders below which streams added while the service runs may name files")
            .example("[/srv/clips]");
    private static final Key<DeskConfig, List<String>> PASSWORD_VARIABLES = Key.<DeskConfig, List<String>>of(
                    "password-variables",
                    listOf(text()),
                    List.copyOf(DEFAULT.limits().variables()),
                    desk -> desk.limits().variables().stream().sorted().toList(),
                    "environment variables that streams added while the service runs may name in `credentials`")
            .example("[GATE3_PASSWORD]");

    /** The keys of the section. */
    public static final SectionSpec<DeskConfig> SPEC = SectionSpec.of(
            "what the page and its API keep on disk and may read of the machine, and the times of reports; without effect where"
                    + " `http` is off",
            DIRECTORY,
            KEEP,
            MAX_BYTES,
            TIME_ZONE,
            SHIFTS,
            LOCAL_FOLDERS,
            PASSWORD_VARIABLES);

    private DeskSection() {}

    /** Reads the section and reports its problems. */
    public static DeskConfig read(Section section) {
        ZoneId zone = section.optional(TIME_ZONE);
        return new DeskConfig(
                section.file().resolve(section.value(DIRECTORY).toString()),
                section.value(KEEP),
                section.value(MAX_BYTES),
                zone == null ? DEFAULT.timeZone() : zone,
                ShiftSection.readAll(section.sections(SHIFTS)),
                new RequestLimits(section.value(LOCAL_FOLDERS), new HashSet<>(section.value(PASSWORD_VARIABLES))));
    }
}
