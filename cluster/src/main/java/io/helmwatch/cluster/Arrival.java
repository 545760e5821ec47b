package io.helmwatch.cluster;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/**
 * When a message of another node was read, by this machine's clock. The clocks of two machines may differ, so that the times in a message are translated
 * into this machine's time before they are compared with it.
 *
 * @param millis when it was read, milliseconds since 1970 UTC
 * @param isNew whether it was read as it was published, and not with what the topic had before
 */
public record Arrival(long millis, boolean isNew) {
    /** Clocks that differ by less count as equal; a message takes less than that from one node to another. */
    private static final long TOLERANCE_MILLIS = TimeUnit.SECONDS.toMillis(5);

    /** End of the year 9999, the last time that a message may have. */
    private static final long LAST_MILLIS =
            Instant.parse("9999-12-31T23:59:59.999Z").toEpochMilli();

    /**
     * Now.
     *
     * @param isNew whether the message was read as it was published
     */
    public static Arrival now(boolean isNew) {
        return new Arrival(System.currentTimeMillis(), isNew);
    }

    /**
     * What has to be added to the times of a message, in whole seconds. A message that is not new says nothing of the clock that it was made by, unless it
     * comes from the future.
     *
     * @param publishedMillis when it was published, by the clock of its node
     */
    long correctionMillis(long publishedMillis) {
        long later = millis - publishedMillis;
        boolean differs = later <= -TOLERANCE_MILLIS || (isNew && later >= TOLERANCE_MILLIS);
        return differs ? TimeUnit.SECONDS.toMillis(Math.floorDiv(later, TimeUnit.SECONDS.toMillis(1))) : 0;
    }

    /**
     * Reads a time of a message, milliseconds since 1970 UTC.
     *
     * @throws DateTimeException where it is none of the years 1970 to 9999
     */
    static long parse(String time) {
        Instant read = Instant.parse(time);
        if (read.getEpochSecond() < 0 || read.getEpochSecond() > LAST_MILLIS / TimeUnit.SECONDS.toMillis(1)) {
            throw new DateTimeException("expected a year from 1970 to 9999, found " + time);
        }
        return read.toEpochMilli();
    }
}
