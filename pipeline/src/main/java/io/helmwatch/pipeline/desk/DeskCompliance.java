package io.helmwatch.pipeline.desk;

import io.helmwatch.sinks.compliance.ComplianceQuarters;
import io.helmwatch.sinks.compliance.FiguresUnavailableException;
import io.helmwatch.sinks.history.HeadHour;
import io.helmwatch.sinks.history.IncidentHistory;
import io.helmwatch.sinks.sqlite.SqliteException;
import io.helmwatch.web.Compliance;
import io.helmwatch.web.RefusedException;
import java.time.Instant;
import java.util.List;

/**
 * Counts of observed heads for the page and its API; the latest minute is not in them yet.
 *
 * <p>Threading: any thread. Ownership: counts and history belong to the caller.
 */
final class DeskCompliance implements Compliance {
    private final ComplianceQuarters counts;
    private final IncidentHistory history;

    /** Counts, with the incidents of a history. */
    public DeskCompliance(ComplianceQuarters counts, IncidentHistory history) {
        this.counts = counts;
        this.history = history;
    }

    @Override
    public List<Row> between(Instant from, Instant to) {
        try {
            return history.hours(counts, from.toEpochMilli(), to.toEpochMilli()).stream()
                    .map(DeskCompliance::row)
                    .toList();
        } catch (SqliteException | FiguresUnavailableException e) {
            throw RefusedException.unavailable(String.valueOf(e.getMessage()));
        }
    }

    private static Row row(HeadHour hour) {
        Long median = hour.medianComplianceMillis();
        return new Row(
                hour.stream(),
                hour.zone().isEmpty() ? null : hour.zone(),
                Instant.ofEpochMilli(hour.startMillis()),
                hour.counts().helmet(),
                hour.counts().bare(),
                hour.counts().uncertain(),
                hour.counts().frames(),
                hour.incidents(),
                median == null ? null : median / 1_000.0);
    }
}
