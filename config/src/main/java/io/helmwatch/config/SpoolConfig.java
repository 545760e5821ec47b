package io.helmwatch.config;

import java.nio.file.Path;

/**
 * Where incidents wait for the broker.
 *
 * @param directory folder of the spool, made when missing
 * @param maxBytes most bytes of waiting events; further ones are refused and counted
 * @param fsync whether an event counts as kept only once the disk has confirmed it, so that it survives a power cut; without, it
 *     survives a crash of the process
 */
public record SpoolConfig(Path directory, long maxBytes, boolean fsync) {

    /** {@code helmwatch-spool}, 256 MiB, with fsync. */
    public static final SpoolConfig DEFAULT = new SpoolConfig(Path.of("helmwatch-spool"), 256L << 20, true);

    /** The same in another folder. */
    public SpoolConfig withDirectory(Path other) {
        return new SpoolConfig(other, maxBytes, fsync);
    }
}
