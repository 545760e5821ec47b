package io.helmwatch.config.http;

import io.helmwatch.config.schema.RequestLimits;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;

/**
 * What the page and its API keep on disk and may read of the machine, and the times of reports.
 *
 * @param directory folder of the streams that are added while the service runs, and of the history; created when missing
 * @param keep how long incidents and counts of heads are kept
 * @param maxBytes largest size of the history; beyond it the oldest incidents are deleted
 * @param timeZone time zone of the hours, days and shifts of reports
 * @param shifts shifts of reports, which do not overlap; may be empty
 * @param limits what streams that are added while the service runs may name of the machine
 */
public record DeskConfig(
        Path directory, Duration keep, long maxBytes, ZoneId timeZone, List<ShiftConfig> shifts, RequestLimits limits) {

    /** The folder {@code helmwatch-data}, 90 days, 1 GiB, the machine's time zone, no shifts, nothing of the machine. */
    public static final DeskConfig DEFAULT = new DeskConfig(Path.of("helmwatch-data"), Duration.ofDays(90), 1L << 30);

    /** Keeps its own copy of the shifts. */
    public DeskConfig {
        shifts = List.copyOf(shifts);
    }

    /** With the machine's time zone and without shifts; streams that are added may name nothing of the machine. */
    public DeskConfig(Path directory, Duration keep, long maxBytes) {
        this(directory, keep, maxBytes, ZoneId.systemDefault(), List.of(), RequestLimits.NONE);
    }

    /** The same in another folder. */
    public DeskConfig withDirectory(Path other) {
        return new DeskConfig(other, keep, maxBytes, timeZone, shifts, limits);
    }
}
