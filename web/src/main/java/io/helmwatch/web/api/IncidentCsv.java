package io.helmwatch.web.api;

import io.helmwatch.web.Incidents.Acknowledgement;
import io.helmwatch.web.Incidents.Incident;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Incidents as a table (RFC 4180). A text that a spreadsheet would take for a formula gets an apostrophe in front.
 *
 * <p>Threading: any thread.
 */
final class IncidentCsv {
    static final String TYPE = "text/csv; charset=utf-8";

    private static final Pattern FORMULA = Pattern.compile("[=+\\-@\\t\\r].*", Pattern.DOTALL);
    private static final Pattern QUOTED = Pattern.compile(".*[\",\\r\\n].*", Pattern.DOTALL);
    private static final String HEADER =
            "id,stream,rule,kind,zone,state,startedAt,endedAt,endReason,durationSeconds,confidence,"
                    + "people,acknowledgedAt,acknowledgedBy,note";
    /** Of a cluster only. */
    private static final String CLUSTER_HEADER = ",node,superseded";

    private static final String LINE_END = "\r\n";

    private IncidentCsv() {}

    static String of(List<Incident> incidents) {
        boolean isOfCluster = incidents.stream().anyMatch(incident -> incident.node() != null);
        StringBuilder table = new StringBuilder(HEADER)
                .append(isOfCluster ? CLUSTER_HEADER : "")
                .append(LINE_END);
        for (Incident incident : incidents) {
            Acknowledgement acknowledged = incident.acknowledged();
            text(table, incident.id()).append(',');
            text(table, incident.stream()).append(',');
            text(table, incident.rule()).append(',');
            text(table, incident.kind()).append(',');
            text(table, incident.zone()).append(',');
            text(table, incident.state()).append(',');
            table.append(incident.startedAt()).append(',');
            instant(table, incident.endedAt()).append(',');
            text(table, incident.endReason()).append(',');
            table.append(String.format(Locale.ROOT, "%.1f", incident.durationSeconds()))
                    .append(',');
            table.append(String.format(Locale.ROOT, "%.2f", incident.confidence()))
                    .append(',');
            table.append(incident.people()).append(',');
            instant(table, acknowledged == null ? null : acknowledged.at()).append(',');
            text(table, acknowledged == null ? null : acknowledged.by()).append(',');
            text(table, acknowledged == null ? null : acknowledged.note());
            if (isOfCluster) {
                text(table.append(','), incident.node()).append(',').append(incident.superseded());
            }
            table.append(LINE_END);
        }
        return table.toString();
    }

    private static StringBuilder instant(StringBuilder table, @Nullable Instant value) {
        return value == null ? table : table.append(value);
    }

    private static StringBuilder text(StringBuilder table, @Nullable String value) {
        if (value == null) {
            return table;
        }
        String safe = FORMULA.matcher(value).matches() ? "'" + value : value;
        return QUOTED.matcher(safe).matches()
                ? table.append('"').append(safe.replace("\"", "\"\"")).append('"')
                : table.append(safe);
    }
}
