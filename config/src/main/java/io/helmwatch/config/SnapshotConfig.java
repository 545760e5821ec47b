package io.helmwatch.config;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Pictures that prove incidents.
 *
 * @param enabled whether the frame that decided an incident is stored
 * @param directory folder of the pictures, made when missing; below it {@code stream/date/}
 * @param drawn whether the picture is stored a second time with the boxes drawn
 * @param blurOthers whether every head that the incident is not about is blurred
 * @param quality JPEG quality, 1 to 100
 * @param keep pictures older than this are deleted
 * @param maxBytes most bytes of pictures; beyond, the oldest are deleted
 * @param urlPrefix what stands before a picture's path in events; null tells the path below the folder
 */
public record SnapshotConfig(
        boolean enabled,
        Path directory,
        boolean drawn,
        boolean blurOthers,
        int quality,
        Duration keep,
        long maxBytes,
        @Nullable String urlPrefix) {

    /** Off; {@code helmwatch-snapshots}, drawn as well, nobody blurred, quality 85, 30 days, 10 GiB. */
    public static final SnapshotConfig DEFAULT = new SnapshotConfig(
            false, Path.of("helmwatch-snapshots"), true, false, 85, Duration.ofDays(30), 10L << 30, null);

    /** The same in another folder. */
    public SnapshotConfig withDirectory(Path other) {
        return new SnapshotConfig(enabled, other, drawn, blurOthers, quality, keep, maxBytes, urlPrefix);
    }
}
