package io.helmwatch.config.incident;

import static io.helmwatch.config.schema.ValueTypes.bytes;
import static io.helmwatch.config.schema.ValueTypes.duration;
import static io.helmwatch.config.schema.ValueTypes.flag;
import static io.helmwatch.config.schema.ValueTypes.path;
import static io.helmwatch.config.schema.ValueTypes.text;

import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionSpec;
import java.nio.file.Path;
import java.time.Duration;

/** The section {@code incidents.clips}. */
final class ClipsSection {
    private static final ClipConfig DEFAULT = ClipConfig.DEFAULT;
    private static final Duration LONGEST_ROLL = Duration.ofMinutes(5);
    private static final Key<ClipConfig, Boolean> ENABLED = Key.of(
            "enabled",
            flag(),
            DEFAULT.enabled(),
            ClipConfig::enabled,
            "whether the video of an incident is stored as MP4; otherwise no packets are kept");
    private static final Key<ClipConfig, Path> DIRECTORY = Key.of(
            "directory",
            path(),
            DEFAULT.directory(),
            ClipConfig::directory,
            "folder of the clips, created when missing; below it `STREAM/DATE/`");
    private static final Key<ClipConfig, Duration> PRE_ROLL = Key.of(
            "pre-roll",
            duration(Duration.ZERO, LONGEST_ROLL),
            DEFAULT.preRoll(),
            ClipConfig::preRoll,
            "video before the start of an incident; a clip begins with the key frame before that");
    private static final Key<ClipConfig, Duration> POST_ROLL = Key.of(
            "post-roll",
            duration(Duration.ZERO, LONGEST_ROLL),
            DEFAULT.postRoll(),
            ClipConfig::postRoll,
            "video after the end of an incident");
    private static final Key<ClipConfig, Duration> MAX_LENGTH = Key.of(
            "max-length",
            duration(Duration.ofSeconds(1), Duration.ofHours(1)),
            DEFAULT.maxLength(),
            ClipConfig::maxLength,
            "longest clip from the pre-roll on, however long the incident lasts");
    private static final Key<ClipConfig, Duration> BUFFER = Key.of(
            "buffer",
            duration(Duration.ofSeconds(1), Duration.ofMinutes(10)),
            DEFAULT.buffer(),
            ClipConfig::buffer,
            "how long the packets of a stream are kept in memory: at least pre-roll, at-least of its rules and the time"
                    + " that analysis takes");
    private static final Key<ClipConfig, Long> BUFFER_BYTES = Key.of(
            "buffer-bytes",
            bytes(64L << 10, 4L << 30),
            DEFAULT.bufferBytes(),
            ClipConfig::bufferBytes,
            "largest size of the packets of a stream in memory; beyond it the oldest are dropped");
    private static final Key<ClipConfig, Duration> KEEP = Key.of(
            "keep",
            duration(Duration.ofMinutes(1), Duration.ofDays(36_500)),
            DEFAULT.keep(),
            ClipConfig::keep,
            "age at which clips are deleted");
    private static final Key<ClipConfig, Long> MAX_BYTES = Key.of(
            "max-bytes",
            bytes(1L << 20, 1L << 50),
            DEFAULT.maxBytes(),
            ClipConfig::maxBytes,
            "largest size of all clips; the oldest are deleted beyond");
    private static final Key<ClipConfig, String> URL_PREFIX = Key.<ClipConfig, String>optional(
                    "url-prefix", text(), ClipConfig::urlPrefix, "none", "text before a clip's path in events")
            .example("https://evidence.example/helmwatch/");

    static final SectionSpec<ClipConfig> SPEC = SectionSpec.of(
            "videos that prove incidents ([clips](clips.md)); what is masked or blurred in snapshots is so in them",
            ENABLED,
            DIRECTORY,
            PRE_ROLL,
            POST_ROLL,
            MAX_LENGTH,
            BUFFER,
            BUFFER_BYTES,
            KEEP,
            MAX_BYTES,
            URL_PREFIX);

    private ClipsSection() {}

    static ClipConfig read(Section section) {
        Duration preRoll = section.value(PRE_ROLL);
        Duration postRoll = section.value(POST_ROLL);
        Duration buffer = section.value(BUFFER);
        Duration maxLength = section.value(MAX_LENGTH);
        if (preRoll.compareTo(buffer) > 0) {
            section.problem(BUFFER, "must not be shorter than pre-roll");
        }
        if (preRoll.plus(postRoll).compareTo(maxLength) > 0) {
            section.problem(MAX_LENGTH, "must not be shorter than pre-roll and post-roll together");
        }
        return new ClipConfig(
                section.value(ENABLED),
                section.file().resolve(section.value(DIRECTORY).toString()),
                preRoll,
                postRoll,
                maxLength,
                buffer,
                section.value(BUFFER_BYTES),
                section.value(KEEP),
                section.value(MAX_BYTES),
                section.optional(URL_PREFIX));
    }
}
