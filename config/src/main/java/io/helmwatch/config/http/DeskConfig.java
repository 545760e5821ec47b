package io.helmwatch.config.http;

import java.nio.file.Path;
import java.time.Duration;

/**
 * What the page and its API keep on disk.
 *
 * @param directory folder of the streams that are added while the service runs, and of the history; created when missing
 * @param keep how long incidents and counts of heads are kept
 * @param maxBytes largest size of the history; beyond it the oldest incidents are deleted
 */
public record DeskConfig(Path directory, Duration keep, long maxBytes) {

    /** The folder {@code helmwatch-data}, 90 days, 1 GiB. */
    public static final DeskConfig DEFAULT = new DeskConfig(Path.of("helmwatch-data"), Duration.ofDays(90), 1L << 30);

    /** The same in another folder. */
    public DeskConfig withDirectory(Path other) {
        return new DeskConfig(other, keep, maxBytes);
    }
}
