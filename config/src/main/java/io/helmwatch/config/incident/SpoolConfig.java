package io.helmwatch.config.incident;

import java.nio.file.Path;

/**
 * Where incidents are queued until the broker has them.
 *
 * @param directory folder of the spool, created when missing
 * @param maxBytes largest size of the queued incidents; further ones are rejected and counted
 * @param fsync whether an incident counts as stored only when the disk has confirmed it, so that it survives a power cut; otherwise
 *     it survives a crash of the process
 */
public record SpoolConfig(Path directory, long maxBytes, boolean fsync) {

    /** {@code helmwatch-spool}, 256 MiB, with fsync. */
    public static final SpoolConfig DEFAULT = new SpoolConfig(Path.of("helmwatch-spool"), 256L << 20, true);

    /** The same in another folder. */
    public SpoolConfig withDirectory(Path other) {
        return new SpoolConfig(other, maxBytes, fsync);
    }
}
