package io.helmwatch.sinks.compliance;

import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.sqlite.SqliteException;
import io.helmwatch.sinks.sqlite.SqliteFile;
import io.helmwatch.vision.ComplianceMinute;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Counts that wait for the broker, on disk, beside the spool of incidents: they survive an outage of the broker and the death of the process. A power
 * cut may lose the latest minute. Of several revisions only the latest waits.
 *
 * <p>Beyond {@link SpoolConfig#maxBytes} further counts are refused.
 *
 * <p>Threading: any thread; calls are serialised and do not take long. Ownership: one process.
 */
public final class ComplianceOutbox implements ComplianceStore, AutoCloseable {
    static final String FILE = "compliance.db";

    private static final int VERSION = 1;

    private final SpoolConfig config;
    private final Clock clock;
    private final SqliteFile file;
    private volatile long waiting;

    /**
     * A message that waits.
     *
     * @param position its place in the order of sending
     * @param key key of the record
     * @param id id of the message
     * @param stream the stream's id
     * @param minuteMillis start of its minute, milliseconds since 1970 UTC
     * @param value the message
     * @param isSuperseded whether it says that it is superseded
     */
    public record Message(
            long position,
            String key,
            String id,
            String stream,
            long minuteMillis,
            byte[] value,
            boolean isSuperseded) {

        /** The same message, marked as superseded. */
        public Message superseded() {
            return new Message(position, key, id, stream, minuteMillis, ComplianceJson.superseded(value), true);
        }
    }

    /**
     * Opens the file, created when missing.
     *
     * @throws SqliteException when it cannot be used, in one sentence
     */
    public ComplianceOutbox(SpoolConfig config, Clock clock) {
        this.config = config;
        this.clock = clock;
        SqliteFile.Description description = new SqliteFile.Description(
                config.directory().resolve(FILE),
                "compliance counts",
                "incidents.spool.directory",
                VERSION,
                List.of("create table if not exists message(position integer primary key autoincrement,"
                        + " key text not null unique, id text not null, stream text not null,"
                        + " minute_millis integer not null, value blob not null)"));
        try (Closer opened = new Closer()) {
            file = opened.register(new SqliteFile(description, clock.millis()));
            waiting = file.read(this::count);
            opened.transfer();
        }
    }

    private long count() throws SQLException {
        return file.number("select count(*) from message");
    }

    @Override
    public synchronized int store(Collection<ComplianceMinute> minutes) {
        if (file.read(file::usedBytes) > config.maxBytes()) {
            return minutes.size();
        }
        waiting = file.write(() -> {
            insert(minutes);
            return count();
        });
        return 0;
    }

    private void insert(Collection<ComplianceMinute> minutes) throws SQLException {
        long nowMillis = clock.millis();
        // A replaced row has a new position: a message in flight is not taken for its correction.
        try (PreparedStatement insert = file.prepare(
                "insert or replace into message(key, id, stream, minute_millis, value) values(?,?,?,?,?)")) {
            for (ComplianceMinute minute : minutes) {
                insert.setString(1, minute.key());
                insert.setString(2, minute.id());
                insert.setString(3, minute.stream());
                insert.setLong(4, minute.minuteMillis());
                insert.setBytes(5, ComplianceJson.write(minute, nowMillis));
                insert.executeUpdate();
            }
        }
    }

    /**
     * The messages that wait longest, oldest first.
     *
     * @throws SqliteException when they cannot be read, in one sentence
     */
    public synchronized List<Message> next(int most) {
        return file.read(() -> {
            List<Message> messages = new ArrayList<>();
            try (PreparedStatement select = file.prepare(
                    "select position, key, id, stream, minute_millis, value from message order by position limit ?")) {
                select.setInt(1, most);
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        messages.add(new Message(
                                rows.getLong(1),
                                rows.getString(2),
                                rows.getString(3),
                                rows.getString(4),
                                rows.getLong(5),
                                rows.getBytes(6),
                                false));
                    }
                }
            }
            return messages;
        });
    }

    /**
     * Removes messages that the broker has, or will never take; a correction that arrived meanwhile stays.
     *
     * @throws SqliteException when nothing was removed, in one sentence
     */
    public synchronized void remove(Collection<Message> messages) {
        waiting = file.write(() -> {
            try (PreparedStatement delete = file.prepare("delete from message where position=?")) {
                for (Message message : messages) {
                    delete.setLong(1, message.position());
                    delete.executeUpdate();
                }
            }
            return count();
        });
    }

    /** Number of messages that wait. */
    public long waiting() {
        return waiting;
    }

    @Override
    public synchronized void close() {
        file.close();
    }
}
