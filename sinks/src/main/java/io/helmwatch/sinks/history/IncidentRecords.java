package io.helmwatch.sinks.history;

import io.helmwatch.sinks.IncidentReader.Message;
import io.helmwatch.sinks.sqlite.SqliteFile;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.NodeEpoch;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;

/** Writes incidents into the history's tables. Threading: that of the file's owner. */
final class IncidentRecords {
    private static final String RECORD =
            "insert into incident(id, stream, rule, kind, zone, polygon, started_millis, last_millis, end_reason,"
                    + " people, track, peak, width, height, snapshot, node, epoch, superseded)"
                    + " values(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) on conflict(id) do update set"
                    + " last_millis=max(last_millis, excluded.last_millis), end_reason=coalesce(excluded.end_reason,"
                    + " end_reason), people=excluded.people, track=excluded.track, peak=max(peak, excluded.peak),"
                    + " snapshot=coalesce(snapshot, excluded.snapshot)"
                    // What a replaced node says of an incident that its successor has ended changes nothing.
                    + " where superseded>=excluded.superseded";
    private static final String REMOVE_POSITIONS =
            "delete from position where incident=(select number from incident where id=? and superseded=0)";
    private static final String REMOVE = "delete from incident where id=? and superseded=0";
    private static final String ADD_POSITIONS = "insert or ignore into position(incident, revision, value)"
            + " select number, ?, ? from incident where id=? and superseded>=?";

    private static final String ADD_CLIP =
            "insert or replace into clip(incident, path, sidecar, from_millis, to_millis, masked)"
                    + " select number, ?, ?, ?, ?, ? from incident where id=?";

    private static final String MARK_SUPERSEDED = "update incident set superseded=1 where id=?";

    /** Incidents that are deleted at a time. */
    private static final int DELETED_AT_ONCE = 500;

    /** Fraction of the size limit down to which incidents are deleted. */
    private static final double SIZE_TARGET = 0.95;

    private IncidentRecords() {}

    /** Adds messages about incidents; to be called in a transaction. */
    static void add(SqliteFile file, Collection<Message> messages) throws SQLException {
        try (PreparedStatement record = file.prepare(RECORD);
                PreparedStatement positions = file.prepare(ADD_POSITIONS);
                PreparedStatement clips = file.prepare(ADD_CLIP);
                PreparedStatement mark = file.prepare(MARK_SUPERSEDED)) {
            for (Message message : messages) {
                if (message.isSuperseded() && message.incident().phase() == Incident.Phase.START) {
                    HistoryTables.set(mark, message.incident().id());
                    mark.executeUpdate();
                }
                addIncident(message, record, positions);
                if (message.incident().phase() != Incident.Phase.UPDATE) {
                    AcknowledgementRecords.applyTo(file, message.incident().id());
                }
                addClip(message.incident(), clips);
            }
        }
    }

    private static void addIncident(Message message, PreparedStatement record, PreparedStatement positions)
            throws SQLException {
        Incident incident = message.incident();
        NodeEpoch origin = incident.origin();
        int superseded = message.isSuperseded() ? 1 : 0;
        Incident.EndReason endReason = incident.endReason();
        Incident.Snapshot snapshot = incident.snapshot();
        HistoryTables.set(
                record,
                incident.id(),
                incident.stream(),
                incident.rule(),
                incident.kind().name(),
                incident.zone(),
                HistoryTables.text(incident.zonePolygon()),
                incident.startedAtMillis(),
                incident.lastAtMillis(),
                endReason == null ? null : endReason.name(),
                incident.people(),
                incident.track(),
                incident.peakConfidence(),
                incident.size().width(),
                incident.size().height(),
                snapshot == null ? null : snapshot.path(),
                origin == null ? null : origin.node(),
                origin == null ? null : origin.epoch(),
                superseded);
        record.executeUpdate();
        if (!incident.positions().isEmpty()) {
            HistoryTables.set(
                    positions,
                    incident.revision(),
                    PositionBytes.write(incident.positions()),
                    incident.id(),
                    superseded);
            positions.executeUpdate();
        }
    }

    private static void addClip(Incident incident, PreparedStatement clips) throws SQLException {
        Incident.Clip clip = incident.clip();
        if (clip != null) {
            HistoryTables.set(
                    clips,
                    clip.path(),
                    clip.sidecar().path(),
                    clip.fromMillis(),
                    clip.toMillis(),
                    clip.isMasked() ? 1 : 0,
                    incident.id());
            clips.executeUpdate();
        }
    }

    /** Removes an incident, if it is there and not known as superseded; to be called in a transaction. */
    static void remove(SqliteFile file, String incident) throws SQLException {
        try (PreparedStatement positions = file.prepare(REMOVE_POSITIONS);
                PreparedStatement removed = file.prepare(REMOVE)) {
            HistoryTables.set(positions, incident);
            positions.executeUpdate();
            HistoryTables.set(removed, incident);
            removed.executeUpdate();
        }
    }

    /** Deletes ended incidents that were last observed before a time, then the oldest while the file has more than {@code maxBytes}. */
    static void prune(SqliteFile file, long oldestMillis, long maxBytes) throws SQLException {
        delete(file, "select number from incident where last_millis<" + oldestMillis + " and end_reason is not null");
        if (file.usedBytes() > maxBytes) {
            while (file.usedBytes() > SIZE_TARGET * maxBytes
                    && file.number("select count(*) from incident where end_reason is not null") > 0) {
                delete(
                        file,
                        "select number from incident where end_reason is not null"
                                + " order by started_millis, number limit " + DELETED_AT_ONCE);
            }
        }
    }

    private static void delete(SqliteFile file, String numbers) throws SQLException {
        file.transaction(() -> {
            file.execute("delete from position where incident in (" + numbers + ")");
            file.execute("delete from clip where incident in (" + numbers + ")");
            file.execute("delete from incident where number in (" + numbers + ")");
        });
    }
}
