package io.helmwatch.sinks.spool;

import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.sqlite.SqliteFile;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Changes of the spool that are made together or not at all: closing without {@link #commit} rolls them back.
 *
 * <p>Statements are prepared for each transaction: one that failed on a full disk cannot be used again.
 *
 * <p>Threading: one thread. Ownership: closes its statements; the file belongs to the caller.
 */
final class SpoolTransaction implements AutoCloseable {
    /** Size of a message on disk beside its JSON: ids, indexes, unused page ends. */
    private static final long OVERHEAD_BYTES = 400;

    private static final String INSERT =
            "insert or ignore into event(id, incident, stream, phase, at_millis, value, recorded_millis) values(?,?,?,?,?,?,?)";
    private static final String DELETE = "delete from event where position=?";
    private static final String OPEN =
            "insert or replace into open_incident(incident, stream, revision, value) values(?,?,?,?)";
    private static final String CLOSE = "delete from open_incident where incident=?";

    private final SqliteFile file;
    private final Clock clock;
    private final Closer statements = new Closer();
    private @Nullable PreparedStatement insert;
    private @Nullable PreparedStatement delete;
    private @Nullable PreparedStatement open;
    private @Nullable PreparedStatement close;
    private long messages;
    private long bytes;
    private boolean committed;

    /** Begins a transaction. */
    SpoolTransaction(SqliteFile file, Clock clock) throws SQLException {
        this.file = file;
        this.clock = clock;
        try {
            file.execute("begin immediate");
        } catch (SQLException e) {
            file.rollBack();
            throw e;
        }
    }

    /** Size of a message on disk. */
    static long sizeOnDisk(byte[] value) {
        return value.length + OVERHEAD_BYTES;
    }

    /** Size of so many messages on disk. */
    static long sizeOnDisk(long count, long valueBytes) {
        return valueBytes + count * OVERHEAD_BYTES;
    }

    /** Adds a message at the end, unless its id is in the spool. */
    void insert(SpooledEvent event) throws SQLException {
        PreparedStatement statement = insert == null ? prepare(INSERT) : insert;
        insert = statement;
        statement.setString(1, event.id());
        statement.setString(2, event.incident());
        statement.setString(3, event.stream());
        statement.setString(4, event.phase());
        statement.setLong(5, event.atMillis());
        statement.setBytes(6, event.value());
        statement.setLong(7, clock.millis());
        if (statement.executeUpdate() > 0) {
            messages++;
            bytes += sizeOnDisk(event.value());
        }
    }

    /** Removes a message, if it is still there. */
    void delete(SpooledEvent event) throws SQLException {
        PreparedStatement statement = delete == null ? prepare(DELETE) : delete;
        delete = statement;
        statement.setLong(1, event.position());
        if (statement.executeUpdate() > 0) {
            messages--;
            bytes -= sizeOnDisk(event.value());
        }
    }

    /** Remembers the last message of an incident that has not ended. */
    void open(OpenIncident incident) throws SQLException {
        PreparedStatement statement = open == null ? prepare(OPEN) : open;
        open = statement;
        statement.setString(1, incident.incident());
        statement.setString(2, incident.stream());
        statement.setInt(3, incident.revision());
        statement.setBytes(4, incident.value());
        statement.executeUpdate();
    }

    /** Forgets an incident that has ended. */
    void close(String incident) throws SQLException {
        PreparedStatement statement = close == null ? prepare(CLOSE) : close;
        close = statement;
        statement.setString(1, incident);
        statement.executeUpdate();
    }

    /** Incidents that have started and not ended. */
    List<OpenIncident> openIncidents() throws SQLException {
        List<OpenIncident> found = new ArrayList<>();
        try (Statement statement = file.createStatement();
                ResultSet result =
                        statement.executeQuery("select incident, stream, revision, value from open_incident")) {
            while (result.next()) {
                found.add(new OpenIncident(
                        result.getString(1), result.getString(2), result.getInt(3), result.getBytes(4)));
            }
        }
        return found;
    }

    private PreparedStatement prepare(String sql) throws SQLException {
        return statements.register(file.prepare(sql));
    }

    /** Number of messages added, less those removed. */
    long messages() {
        return messages;
    }

    /** Size on disk of the messages added, less that of those removed. */
    long bytes() {
        return bytes;
    }

    void commit() throws SQLException {
        file.execute("commit");
        committed = true;
    }

    @Override
    public void close() {
        try {
            statements.close();
        } finally {
            if (!committed) {
                file.rollBack();
            }
        }
    }
}
