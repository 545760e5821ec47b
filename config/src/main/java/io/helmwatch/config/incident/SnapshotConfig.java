package io.helmwatch.config.incident;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Images that prove incidents.
 *
 * @param enabled whether the frame that decided an incident is stored
 * @param directory folder of the snapshots, created when missing; below it {@code stream/date/}
 * @param drawn whether the snapshot is stored a second time with the boxes drawn
 * @param blurOthers whether every head that the incident is not about is blurred
 * @param quality JPEG quality, 1 to 100
 * @param keep age at which snapshots are deleted
 * @param maxBytes largest size of all snapshots; the oldest are deleted beyond
 * @param urlPrefix text before a snapshot's path in events; null for the path below the folder alone
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

    /** Disabled; {@code helmwatch-snapshots}, boxes drawn, nobody blurred, quality 85, 30 days, 10 GiB. */
    public static final SnapshotConfig DEFAULT = new SnapshotConfig(
            false, Path.of("helmwatch-snapshots"), true, false, 85, Duration.ofDays(30), 10L << 30, null);

    /** The same in another folder. */
    public SnapshotConfig withDirectory(Path other) {
        return new SnapshotConfig(enabled, other, drawn, blurOthers, quality, keep, maxBytes, urlPrefix);
    }
}
