package io.helmwatch.sinks.history;

import io.helmwatch.sinks.sqlite.SqliteFile;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who has dealt with which incident. In a cluster each change is kept until it is published, and what other nodes say of an incident that is not known
 * yet until it is.
 *
 * <p>Threading: that of the file's owner.
 */
final class AcknowledgementRecords {
    private static final String STORE =
            "update incident set acknowledged_millis=?, acknowledged_by=?, note=? where id=?";
    private static final String ADD_CHANGE =
            "insert or replace into shared_acknowledgement(incident, at_millis, acknowledged_by, note, change)"
                    + " select ?, ?, ?, ?, coalesce(max(change), 0) + 1 from shared_acknowledgement";
    private static final String ADD_EARLY =
            "insert or replace into shared_acknowledgement(incident, at_millis, acknowledged_by, note, change)"
                    + " values(?, ?, ?, ?, 0)";

    private AcknowledgementRecords() {}

    /**
     * Marks an incident as dealt with; null takes it back. To be called in a transaction.
     *
     * @param atMillis when
     * @param isShared whether it is to be published
     * @return whether the incident is known
     */
    static boolean give(
            SqliteFile file,
            String incident,
            RecordedIncident.@Nullable Acknowledgement acknowledgement,
            long atMillis,
            boolean isShared)
            throws SQLException {
        try (PreparedStatement update = file.prepare(STORE);
                PreparedStatement change = file.prepare(ADD_CHANGE)) {
            boolean isKnown = store(update, incident, acknowledgement);
            if (isKnown && isShared) {
                keep(change, incident, acknowledgement, atMillis);
            }
            return isKnown;
        }
    }

    private static boolean store(
            PreparedStatement update, String incident, RecordedIncident.@Nullable Acknowledgement acknowledgement)
            throws SQLException {
        if (acknowledgement == null) {
            HistoryTables.set(update, null, null, null, incident);
        } else {
            HistoryTables.set(
                    update, acknowledgement.atMillis(), acknowledgement.by(), acknowledgement.note(), incident);
        }
        return update.executeUpdate() > 0;
    }

    private static void keep(
            PreparedStatement insert,
            String incident,
            RecordedIncident.@Nullable Acknowledgement acknowledgement,
            long atMillis)
            throws SQLException {
        HistoryTables.set(
                insert,
                incident,
                atMillis,
                acknowledgement == null ? null : acknowledgement.by(),
                acknowledgement == null ? null : acknowledgement.note());
        insert.executeUpdate();
    }

    /** What is not published yet, in the order in which it was given. */
    static List<SharedAcknowledgement> unpublished(SqliteFile file) throws SQLException {
        List<SharedAcknowledgement> found = new ArrayList<>();
        try (PreparedStatement select = file.prepare("select incident, at_millis, acknowledged_by, note, change"
                        + " from shared_acknowledgement where change>0 order by change");
                ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                found.add(new SharedAcknowledgement(rows.getString(1), said(rows), rows.getLong(2), rows.getLong(5)));
            }
        }
        return found;
    }

    private static RecordedIncident.@Nullable Acknowledgement said(ResultSet row) throws SQLException {
        String by = row.getString("acknowledged_by");
        return by == null
                ? null
                : new RecordedIncident.Acknowledgement(row.getLong("at_millis"), by, row.getString("note"));
    }

    /** A change is published, unless a later one of its incident has replaced it. */
    static void published(SqliteFile file, SharedAcknowledgement change) throws SQLException {
        try (PreparedStatement delete =
                file.prepare("delete from shared_acknowledgement where incident=? and change=?")) {
            HistoryTables.set(delete, change.incident(), change.change());
            delete.executeUpdate();
        }
    }

    /** What the nodes agree on; one of an incident with an unpublished change changes nothing. To be called in a transaction. */
    static void apply(SqliteFile file, Collection<SharedAcknowledgement> all) throws SQLException {
        try (PreparedStatement waiting =
                        file.prepare("select 1 from shared_acknowledgement where incident=? and change>0");
                PreparedStatement update = file.prepare(STORE);
                PreparedStatement early = file.prepare(ADD_EARLY)) {
            for (SharedAcknowledgement said : all) {
                HistoryTables.set(waiting, said.incident());
                boolean waits;
                try (ResultSet rows = waiting.executeQuery()) {
                    waits = rows.next();
                }
                if (!waits && !store(update, said.incident(), said.acknowledgement())) {
                    keep(early, said.incident(), said.acknowledgement(), said.atMillis());
                }
            }
        }
    }

    /** An incident is known now: what was said of it before applies. To be called in a transaction. */
    static void applyTo(SqliteFile file, String incident) throws SQLException {
        List<SharedAcknowledgement> early = new ArrayList<>();
        try (PreparedStatement select = file.prepare("select incident, at_millis, acknowledged_by, note"
                + " from shared_acknowledgement where incident=? and change=0")) {
            HistoryTables.set(select, incident);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    early.add(new SharedAcknowledgement(incident, said(rows), rows.getLong(2), 0));
                }
            }
        }
        for (SharedAcknowledgement said : early) {
            try (PreparedStatement update = file.prepare(STORE)) {
                store(update, incident, said.acknowledgement());
            }
            published(file, said);
        }
    }

    /** Forgets what was said before a time about incidents that never came. */
    static void prune(SqliteFile file, long oldestMillis) throws SQLException {
        file.execute("delete from shared_acknowledgement where change=0 and at_millis<" + oldestMillis);
    }
}
