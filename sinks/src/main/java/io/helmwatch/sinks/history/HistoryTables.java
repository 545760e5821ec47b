package io.helmwatch.sinks.history;

import io.helmwatch.sinks.sqlite.SqliteFile;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.Incident;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The tables of the history and how a row becomes an incident. Numbers of {@code incident} grow and are not used again.
 *
 * <p>Threading: any thread.
 */
final class HistoryTables {
    static final String FILE = "history.db";

    static final String COLUMNS =
            "number, id, stream, rule, kind, zone, polygon, started_millis, last_millis, end_reason, people, track,"
                    + " peak, width, height, snapshot, acknowledged_millis, acknowledged_by, note, node, superseded,"
                    + " clip.path clip, clip.sidecar, clip.from_millis, clip.to_millis, clip.masked";

    /** What {@link #COLUMNS} are selected from. */
    static final String SOURCE = "incident left join clip on clip.incident=incident.number";

    private static final List<String> INCIDENTS = List.of(
            "create table if not exists incident(number integer primary key autoincrement, id text not null unique,"
                    + " stream text not null, rule text not null, kind text not null, zone text, polygon text not null,"
                    + " started_millis integer not null, last_millis integer not null, end_reason text,"
                    + " people integer not null, track integer not null, peak real not null,"
                    + " width integer not null, height integer not null, snapshot text,"
                    + " acknowledged_millis integer, acknowledged_by text, note text)",
            "create index if not exists incident_start on incident(started_millis, number)",
            "create table if not exists position(incident integer not null, revision integer not null,"
                    + " value blob not null, primary key(incident, revision)) without rowid",
            "create table if not exists clip(incident integer primary key, path text not null, sidecar text not null,"
                    + " from_millis integer not null, to_millis integer not null, masked integer not null)",
            // Acknowledgements that the nodes of a cluster share.
            "create table if not exists shared_acknowledgement(incident text primary key, at_millis integer not null,"
                    + " acknowledged_by text, note text, change integer not null) without rowid");

    private static final int VERSION = 2;

    /** What version 2 has beside version 1: incidents of other nodes of a cluster, and how far their topic was read. */
    private static final List<String> OF_CLUSTER = List.of(
            "alter table incident add column node text",
            "alter table incident add column epoch integer",
            "alter table incident add column superseded integer not null default 0",
            "create table topic_offset(topic text not null, partition integer not null, next integer not null,"
                    + " primary key(topic, partition)) without rowid");

    private HistoryTables() {}

    static SqliteFile.Description in(Path directory) {
        return new SqliteFile.Description(
                directory.resolve(FILE),
                "incident history",
                "desk.directory",
                new Tables(),
                List.of("auto_vacuum=incremental", "synchronous=normal"),
                "damaged-%d-" + FILE);
    }

    private record Tables() implements SqliteFile.Schema {
        @Override
        public int version() {
            return VERSION;
        }

        @Override
        public void apply(Statement statement, int found) throws SQLException {
            for (String table : Stream.concat(INCIDENTS.stream(), CountTables.TABLES.stream())
                    .toList()) {
                statement.execute(table);
            }
            if (found < VERSION) {
                for (String change : OF_CLUSTER) {
                    statement.execute(change);
                }
            }
        }
    }

    /** The incident of the current row of a query of {@link #COLUMNS}, without positions. */
    static RecordedIncident incident(ResultSet row) throws SQLException {
        String endReason = row.getString("end_reason");
        long acknowledged = row.getLong("acknowledged_millis");
        return new RecordedIncident(
                row.getLong("number"),
                row.getString("id"),
                row.getString("stream"),
                row.getString("rule"),
                Incident.Kind.valueOf(row.getString("kind")),
                row.getString("zone"),
                corners(row.getString("polygon")),
                row.getLong("started_millis"),
                row.getLong("last_millis"),
                endReason == null ? null : Incident.EndReason.valueOf(endReason),
                row.getInt("people"),
                row.getInt("track"),
                row.getFloat("peak"),
                new ImageSize(row.getInt("width"), row.getInt("height")),
                row.getString("snapshot"),
                acknowledged == 0
                        ? null
                        : new RecordedIncident.Acknowledgement(
                                acknowledged, row.getString("acknowledged_by"), row.getString("note")),
                List.of(),
                clip(row),
                row.getString("node"),
                row.getBoolean("superseded"));
    }

    private static RecordedIncident.@Nullable Clip clip(ResultSet row) throws SQLException {
        String path = row.getString("clip");
        return path == null
                ? null
                : new RecordedIncident.Clip(
                        path,
                        row.getString("sidecar"),
                        row.getLong("from_millis"),
                        row.getLong("to_millis"),
                        row.getBoolean("masked"));
    }

    /** Corners as text: {@code x,y;x,y}. */
    static String text(List<Incident.Corner> corners) {
        StringBuilder text = new StringBuilder();
        for (Incident.Corner corner : corners) {
            text.append(text.isEmpty() ? "" : ";")
                    .append(String.format(Locale.ROOT, "%.6f,%.6f", corner.x(), corner.y()));
        }
        return text.toString();
    }

    private static List<Incident.Corner> corners(String text) {
        List<Incident.Corner> corners = new ArrayList<>();
        if (!text.isEmpty()) {
            for (String corner : text.split(";", -1)) {
                int comma = corner.indexOf(',');
                corners.add(new Incident.Corner(
                        Double.parseDouble(corner.substring(0, comma)),
                        Double.parseDouble(corner.substring(comma + 1))));
            }
        }
        return corners;
    }

    /** Sets parameters from 1 on: text, numbers or null. */
    static void set(PreparedStatement statement, @Nullable Object... values) throws SQLException {
        for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
        }
    }
}
