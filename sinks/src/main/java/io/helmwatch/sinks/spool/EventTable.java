package io.helmwatch.sinks.spool;

import io.helmwatch.sinks.sqlite.SqliteFile;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Reads the waiting messages of a spool file.
 *
 * <p>Threading: one thread at a time.
 */
final class EventTable {
    private static final String SELECT = "select position, id, incident, stream, phase, at_millis, value from event"
            + " where position > ? order by position limit ?";

    private final SqliteFile file;

    EventTable(SqliteFile file) {
        this.file = file;
    }

    /**
     * What waits.
     *
     * @param messages their number
     * @param bytes their size on disk
     */
    record Totals(long messages, long bytes) {}

    /** Counts all messages. */
    Totals totals() throws SQLException {
        try (Statement statement = file.createStatement();
                ResultSet result =
                        statement.executeQuery("select count(*), coalesce(sum(length(value)), 0) from event")) {
            result.next();
            long messages = result.getLong(1);
            return new Totals(messages, SpoolTransaction.sizeOnDisk(messages, result.getLong(2)));
        }
    }

    /** Whether there is a message about one of the streams. */
    boolean hasAny(Collection<String> streams) throws SQLException {
        try (Statement statement = file.createStatement();
                ResultSet result = statement.executeQuery("select distinct stream from event")) {
            while (result.next()) {
                if (streams.contains(result.getString(1))) {
                    return true;
                }
            }
            return false;
        }
    }

    /** The oldest messages after a position, oldest first. */
    List<SpooledEvent> next(long afterPosition, int limit) throws SQLException {
        List<SpooledEvent> events = new ArrayList<>();
        try (PreparedStatement select = file.prepare(SELECT)) {
            select.setLong(1, afterPosition);
            select.setInt(2, limit);
            try (ResultSet result = select.executeQuery()) {
                while (result.next()) {
                    events.add(new SpooledEvent(
                            result.getLong(1),
                            result.getString(2),
                            result.getString(3),
                            result.getString(4),
                            result.getString(5),
                            result.getLong(6),
                            result.getBytes(7)));
                }
            }
        }
        return events;
    }

    /** When the oldest message was recorded, milliseconds since 1970; 0 when there is none. */
    long oldestMillis() throws SQLException {
        try (Statement statement = file.createStatement();
                ResultSet result =
                        statement.executeQuery("select recorded_millis from event order by position limit 1")) {
            return result.next() ? result.getLong(1) : 0;
        }
    }
}
