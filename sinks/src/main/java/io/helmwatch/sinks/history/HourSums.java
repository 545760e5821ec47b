package io.helmwatch.sinks.history;

import io.helmwatch.sinks.compliance.ComplianceQuarter;
import io.helmwatch.vision.HeadCounts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Collects what belongs to the same hour, stream and zone. Threading: one thread. */
final class HourSums {
    private static final long HOUR_MILLIS = 3_600_000;

    /** In place of a time, for an incident that did not end by compliance. */
    static final long NOT_COMPLIED = -1;

    private record Key(long hourMillis, String stream, String zone) implements Comparable<Key> {
        @Override
        public int compareTo(Key other) {
            int byHour = Long.compare(hourMillis, other.hourMillis);
            int byStream = byHour != 0 ? byHour : stream.compareTo(other.stream);
            return byStream != 0 ? byStream : zone.compareTo(other.zone);
        }
    }

    private static final class Sum {
        private HeadCounts counts = HeadCounts.NONE;
        private long incidents;
        private final List<Long> complianceMillis = new ArrayList<>();
    }

    private final Map<Key, Sum> sums = new TreeMap<>();

    /** The start of the first hour that begins at a time or later. */
    static long hourFrom(long millis) {
        return -Math.floorDiv(-millis, HOUR_MILLIS) * HOUR_MILLIS;
    }

    private static long hourOf(long millis) {
        return Math.floorDiv(millis, HOUR_MILLIS) * HOUR_MILLIS;
    }

    void add(ComplianceQuarter quarter) {
        Sum sum = sum(hourOf(quarter.startMillis()), quarter.stream(), quarter.zone());
        sum.counts = sum.counts.plus(quarter.counts());
    }

    /** Adds an incident to its zone and to the whole frame. */
    void addIncident(String stream, @Nullable String zone, long startedMillis, long complianceMillis) {
        long hour = hourOf(startedMillis);
        addIncident(sum(hour, stream, ""), complianceMillis);
        if (zone != null) {
            addIncident(sum(hour, stream, zone), complianceMillis);
        }
    }

    private static void addIncident(Sum sum, long complianceMillis) {
        sum.incidents++;
        if (complianceMillis != NOT_COMPLIED) {
            sum.complianceMillis.add(complianceMillis);
        }
    }

    private Sum sum(long hourMillis, String stream, String zone) {
        return sums.computeIfAbsent(new Key(hourMillis, stream, zone), key -> new Sum());
    }

    /** The sums by hour, stream and zone. */
    List<HeadHour> hours() {
        List<HeadHour> hours = new ArrayList<>();
        sums.forEach((key, sum) -> hours.add(new HeadHour(
                key.stream(), key.zone(), key.hourMillis(), sum.counts, sum.incidents, median(sum.complianceMillis))));
        return hours;
    }

    /** The median; of an even number, the mean of the two in the middle. */
    private static @Nullable Long median(List<Long> values) {
        if (values.isEmpty()) {
            return null;
        }
        List<Long> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
