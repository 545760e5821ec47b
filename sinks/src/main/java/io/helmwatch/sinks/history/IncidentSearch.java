package io.helmwatch.sinks.history;

import io.helmwatch.sinks.sqlite.SqliteFile;
import io.helmwatch.vision.Incident;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads incidents from the history's tables. Threading: that of the file's owner. */
final class IncidentSearch {
    private IncidentSearch() {}

    /** The incidents of a query, newest first, without positions. */
    static List<RecordedIncident> search(SqliteFile file, IncidentQuery query) throws SQLException {
        StringBuilder sql =
                new StringBuilder("select " + HistoryTables.COLUMNS + " from " + HistoryTables.SOURCE + " where 1");
        List<Object> values = new ArrayList<>();
        filter(sql, values, " and started_millis>=?", query.fromMillis());
        filter(sql, values, " and started_millis<?", query.toMillis());
        filter(sql, values, " and stream=?", query.stream());
        filter(sql, values, " and zone=?", query.zone());
        filter(sql, values, " and rule=?", query.rule());
        sql.append(
                switch (query.state()) {
                    case ALL -> "";
                    case OPEN -> " and end_reason is null and superseded=0";
                    case NEW -> " and acknowledged_millis is null and superseded=0";
                    case ACKNOWLEDGED -> " and acknowledged_millis is not null";
                });
        IncidentQuery.Cursor before = query.before();
        if (before != null) {
            sql.append(" and (started_millis, number) < (?, ?)");
            values.add(before.startedMillis());
            values.add(before.number());
        }
        sql.append(" order by started_millis desc, number desc limit ?");
        values.add(query.limit());
        List<RecordedIncident> found = new ArrayList<>();
        try (PreparedStatement select = file.prepare(sql.toString())) {
            HistoryTables.set(select, values.toArray());
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    found.add(HistoryTables.incident(rows));
                }
            }
        }
        return found;
    }

    private static void filter(StringBuilder sql, List<Object> values, String condition, @Nullable Object value) {
        if (value != null) {
            sql.append(condition);
            values.add(value);
        }
    }

    /** An incident with its positions; empty where there is none of this id. */
    static Optional<RecordedIncident> find(SqliteFile file, String id) throws SQLException {
        try (PreparedStatement select =
                file.prepare("select " + HistoryTables.COLUMNS + " from " + HistoryTables.SOURCE + " where id=?")) {
            HistoryTables.set(select, id);
            try (ResultSet rows = select.executeQuery()) {
                if (!rows.next()) {
                    return Optional.empty();
                }
                RecordedIncident incident = HistoryTables.incident(rows);
                return Optional.of(incident.withPositions(positions(file, incident.number())));
            }
        }
    }

    private static List<Incident.Position> positions(SqliteFile file, long number) throws SQLException {
        List<Incident.Position> positions = new ArrayList<>();
        try (PreparedStatement select = file.prepare("select value from position where incident=? order by revision")) {
            HistoryTables.set(select, number);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    positions.addAll(PositionBytes.read(rows.getBytes(1)));
                }
            }
        }
        return positions;
    }

    /** Adds the incidents that started in the hours that begin within a time. */
    static void addHours(SqliteFile file, HourSums sums, long fromMillis, long toMillis) throws SQLException {
        try (PreparedStatement select = file.prepare("select stream, zone, started_millis, last_millis, end_reason"
                + " from incident where started_millis>=? and started_millis<? and superseded=0")) {
            HistoryTables.set(select, HourSums.hourFrom(fromMillis), HourSums.hourFrom(toMillis));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    boolean complied = Incident.EndReason.COMPLIANCE.name().equals(rows.getString(5));
                    long started = rows.getLong(3);
                    sums.addIncident(
                            rows.getString(1),
                            rows.getString(2),
                            started,
                            complied ? rows.getLong(4) - started : HourSums.NOT_COMPLIED);
                }
            }
        }
    }
}
