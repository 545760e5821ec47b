package io.helmwatch.config.incident;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Videos that prove incidents. What may be seen in them is what may be seen in snapshots: masks of the stream, and
 * {@link SnapshotConfig#blurOthers}.
 *
 * @param enabled whether the video of incidents is stored; otherwise nothing of a stream is kept in memory
 * @param directory folder of the clips, created when missing; below it {@code stream/date/}
 * @param preRoll video before the start of an incident; a clip begins with the key frame before that
 * @param postRoll video after the end of an incident
 * @param maxLength longest time from the pre-roll to the end of a clip, however long the incident lasts
 * @param buffer how long the packets of a stream are kept in memory, at least the pre-roll
 * @param bufferBytes largest size of the kept packets of a stream; beyond it the oldest are dropped
 * @param keep age at which clips are deleted
 * @param maxBytes largest size of all clips; the oldest are deleted beyond
 * @param urlPrefix text before a clip's path in events; null for the path below the folder alone
 */
public record ClipConfig(
        boolean enabled,
        Path directory,
        Duration preRoll,
        Duration postRoll,
        Duration maxLength,
        Duration buffer,
        long bufferBytes,
        Duration keep,
        long maxBytes,
        @Nullable String urlPrefix) {

    /** Disabled; {@code helmwatch-clips}, 5 s before, 5 s after, at most a minute, 20 s and 32 MiB in memory, 30 days, 50 GiB. */
    public static final ClipConfig DEFAULT = new ClipConfig(
            false,
            Path.of("helmwatch-clips"),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofMinutes(1),
            Duration.ofSeconds(20),
            32L << 20,
            Duration.ofDays(30),
            50L << 30,
            null);

    /** The same in another folder. */
    public ClipConfig withDirectory(Path other) {
        return new ClipConfig(
                enabled, other, preRoll, postRoll, maxLength, buffer, bufferBytes, keep, maxBytes, urlPrefix);
    }
}
