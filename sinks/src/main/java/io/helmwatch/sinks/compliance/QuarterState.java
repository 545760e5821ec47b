package io.helmwatch.sinks.compliance;

import io.helmwatch.vision.ComplianceMinute;
import io.helmwatch.vision.HeadCounts;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The sums of one quarter of an hour of one zone, with what they were made from: one value, so that a crash never separates the two, and counting a message again
 * after it changes nothing. Once {@linkplain #close closed}, only the sums are left.
 *
 * <p>Threading: one thread.
 */
public final class QuarterState {
    private static final int SUM_BYTES = 7 * Long.BYTES;
    private static final int PART_BYTES = Integer.BYTES + 6 * Long.BYTES + Integer.BYTES;

    private final Map<Integer, MinuteParts> minutes = new TreeMap<>();
    private ComplianceQuarter sums;
    private long updates;

    /** A quarter without counts. */
    public QuarterState(String stream, String zone, long startMillis) {
        sums = new ComplianceQuarter(stream, zone, startMillis, HeadCounts.NONE, 0);
    }

    /** The key of the quarter that a minute belongs to: {@code STREAM/START}, for a zone {@code STREAM/START/ZONE}; START in seconds since 1970 UTC. */
    public static String keyOf(ComplianceMinute minute) {
        String whole = minute.stream() + "/" + ComplianceQuarter.startOf(minute.minuteMillis()) / 1_000;
        return minute.zone().isEmpty() ? whole : whole + "/" + minute.zone();
    }

    /** Start of the quarter of a key, milliseconds since 1970 UTC. */
    public static long startMillisOf(String key) {
        return 1_000 * Long.parseLong(key.split("/", -1)[1]);
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @param key key of the quarter
     */
    public static QuarterState read(String key, byte[] written) {
        String[] names = key.split("/", -1);
        QuarterState state = new QuarterState(names[0], names.length > 2 ? names[2] : "", startMillisOf(key));
        ByteBuffer bytes = ByteBuffer.wrap(written);
        state.updates = bytes.getLong();
        state.sums = new ComplianceQuarter(
                state.sums.stream(), state.sums.zone(), state.sums.startMillis(), counts(bytes), bytes.getLong());
        Map<Integer, List<MinuteParts.Part>> parts = new TreeMap<>();
        while (bytes.remaining() >= PART_BYTES) {
            parts.computeIfAbsent(bytes.getInt(), minute -> new ArrayList<>())
                    .add(new MinuteParts.Part(bytes.getLong(), bytes.getInt(), counts(bytes)));
        }
        parts.forEach((minute, known) -> state.minutes.put(minute, new MinuteParts(known)));
        return state;
    }

    /** The state as bytes. */
    public byte[] write() {
        int parts = minutes.values().stream()
                .mapToInt(minute -> minute.known().size())
                .sum();
        ByteBuffer bytes = ByteBuffer.allocate(SUM_BYTES + PART_BYTES * parts);
        bytes.putLong(updates);
        put(sums.counts(), bytes);
        bytes.putLong(sums.analysedMinutes());
        minutes.forEach((minute, known) -> known.known().forEach(part -> {
            bytes.putInt(minute).putLong(part.sinceMillis()).putInt(part.revision());
            put(part.counts(), bytes);
        }));
        return bytes.array();
    }

    private static HeadCounts counts(ByteBuffer bytes) {
        return new HeadCounts(bytes.getLong(), bytes.getLong(), bytes.getLong(), bytes.getLong(), bytes.getLong());
    }

    private static void put(HeadCounts counts, ByteBuffer bytes) {
        bytes.putLong(counts.helmet())
                .putLong(counts.bare())
                .putLong(counts.uncertain())
                .putLong(counts.frames())
                .putLong(counts.personMillis());
    }

    /** Takes a message of this quarter; returns whether it changed anything. */
    public boolean put(ComplianceMinute minute) {
        int number = (int) ((minute.minuteMillis() - sums.startMillis()) / ComplianceMinute.MINUTE_MILLIS);
        return minutes.computeIfAbsent(number, absent -> new MinuteParts(List.of()))
                .put(minute)
                .map(difference -> {
                    sums = sums.plus(difference);
                    updates++;
                    return true;
                })
                .orElse(false);
    }

    /** The sums. */
    public ComplianceQuarter sums() {
        return sums;
    }

    /** Number of messages that changed them. */
    public long updates() {
        return updates;
    }

    /** Whether corrections are still possible. */
    public boolean isOpen() {
        return !minutes.isEmpty();
    }

    /** Leaves nothing but the sums. */
    public void close() {
        minutes.clear();
    }
}
