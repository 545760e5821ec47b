package io.helmwatch.pipeline.desk;

import io.helmwatch.sinks.compliance.ComplianceQuarter;
import io.helmwatch.sinks.history.RecordedIncident;
import io.helmwatch.vision.HeadCounts;
import io.helmwatch.vision.Incident.EndReason;
import io.helmwatch.web.Reports.Figures;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Sums of counts and incidents by a key.
 *
 * <p>Threading: one thread.
 *
 * @param <K> the key
 */
final class ReportSums<K extends Comparable<K>> {
    private static final double MILLIS_PER_SECOND = 1_000;
    private static final double SHARE_DIGITS = 10_000;

    private final Map<K, Sum> sums = new TreeMap<>();

    /** What belongs to a key. */
    private static final class Sum {
        private HeadCounts counts = HeadCounts.NONE;
        private long analysedMinutes;
        private long incidents;
        private final List<Long> complianceMillis = new ArrayList<>();

        private Figures figures() {
            Long median = median(complianceMillis);
            return new Figures(
                    counts.helmet(),
                    counts.bare(),
                    counts.uncertain(),
                    counts.frames(),
                    counts.personMillis() / MILLIS_PER_SECOND,
                    share(counts.helmet(), counts.helmet() + counts.bare()),
                    incidents,
                    complianceMillis.size(),
                    median == null ? null : median / MILLIS_PER_SECOND);
        }
    }

    void add(K key, ComplianceQuarter quarter) {
        Sum sum = sum(key);
        sum.counts = sum.counts.plus(quarter.counts());
        sum.analysedMinutes += quarter.analysedMinutes();
    }

    void add(K key, RecordedIncident incident) {
        Sum sum = sum(key);
        sum.incidents++;
        if (incident.endReason() == EndReason.COMPLIANCE) {
            sum.complianceMillis.add(incident.lastMillis() - incident.startedMillis());
        }
    }

    private Sum sum(K key) {
        return sums.computeIfAbsent(key, absent -> new Sum());
    }

    /** The figures of a key; zero where nothing belongs to it. */
    Figures figures(K key) {
        return sums.getOrDefault(key, new Sum()).figures();
    }

    /** Minutes with an analysed frame. */
    long analysedMinutes(K key) {
        return sums.getOrDefault(key, new Sum()).analysedMinutes;
    }

    /** Each key with its figures, in the order of keys. */
    <T> List<T> rows(BiFunction<K, Figures, T> row) {
        List<T> rows = new ArrayList<>();
        sums.forEach((key, sum) -> rows.add(row.apply(key, sum.figures())));
        return rows;
    }

    /** A share rounded to four digits; null of nothing. */
    static @Nullable Double share(long part, long whole) {
        return whole == 0 ? null : Math.rint(SHARE_DIGITS * part / whole) / SHARE_DIGITS;
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
