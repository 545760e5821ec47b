package io.helmwatch.sinks.spool;

import io.helmwatch.config.SpoolConfig;
import io.helmwatch.sinks.DetectionJson;
import io.helmwatch.sinks.IncidentJson;
import io.helmwatch.vision.Incident;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Messages about incidents, on disk from their acceptance until the broker has acknowledged them. One SQLite file in
 * write-ahead mode (why SQLite: {@code docs/adr/0006-incidents-wait-in-sqlite.md}).
 *
 * <p>Durability: when {@link #append} returns, the messages survive the death of the process; with {@code fsync} also a power cut.
 * Acknowledgements need not: a message whose acknowledgement was lost is sent again with the same id and the same bytes.
 *
 * <p>Room: bounded by {@link SpoolConfig#maxBytes}. From four fifths on updates are refused, so that there is room for starts and
 * ends; when full everything is. A disk without room makes append throw; nothing is half written, and it works again once there
 * is room.
 *
 * <p>An incident that was open when the process died gets its end, with the reason {@code interrupted}, when the spool is next opened.
 *
 * <p>Threading: any thread; calls wait for each other. Ownership: one process; a second one is refused.
 */
public final class IncidentSpool implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(IncidentSpool.class);
    private static final String FILE = "incidents.db";
    private static final String DEAD_LETTERS = "dead-letters.jsonl";
    /** What a message costs on disk beside its JSON: ids, indexes, page ends. */
    private static final long OVERHEAD_BYTES = 400;

    private static final String INSERT =
            "insert or ignore into event(id, incident, stream, phase, at_millis, value) values(?,?,?,?,?,?)";
    private static final String OPEN =
            "insert or replace into open_incident(incident, stream, revision, value) values(?,?,?,?)";
    private static final String CLOSE = "delete from open_incident where incident=?";
    private static final String SELECT = "select position, id, incident, stream, phase, at_millis, value from event"
            + " where position > ? order by position limit ?";
    private static final String DELETE = "delete from event where position=?";

    private static final double UPDATES_UNTIL = 0.8;

    private final SpoolConfig config;
    private final Clock clock;
    private final Path file;
    private final Connection connection;
    private long waiting;
    private long waitingBytes;
    private long refused;
    private long delivered;
    private long deadLetters;
    private boolean closed;

    /**
     * Opens the spool, made when missing. A file that is damaged is set aside, with an error in the log, and a new one begun.
     *
     * @throws SpoolException when the folder cannot be used or another process uses it
     */
    public IncidentSpool(SpoolConfig config, Clock clock) {
        this.config = config;
        this.clock = clock;
        this.file = config.directory().resolve(FILE);
        Connection opened = null;
        try {
            Files.createDirectories(config.directory());
            opened = openChecked();
            connection = opened;
            count();
            endInterrupted();
        } catch (IOException | SQLException e) {
            SpoolException failure = new SpoolException(sentence("cannot be opened", e), e);
            closeQuietly(opened, failure);
            throw failure;
        }
    }

    private Connection openChecked() throws SQLException, IOException {
        Connection opened = connect();
        try (Statement statement = opened.createStatement();
                ResultSet result = statement.executeQuery("pragma quick_check(1)")) {
            if (result.next() && "ok".equals(result.getString(1))) {
                return opened;
            }
        } catch (SQLException e) {
            if (!isDamaged(e)) {
                opened.close();
                throw e;
            }
        }
        opened.close();
        Path aside = config.directory().resolve("damaged-" + clock.millis() + ".db");
        Files.move(file, aside);
        Files.deleteIfExists(config.directory().resolve(FILE + "-wal"));
        LOG.error("spool {} is damaged: set aside as {}, a new one is begun", file, aside.getFileName());
        return connect();
    }

    private Connection connect() throws SQLException, IOException {
        Connection opened = DriverManager.getConnection("jdbc:sqlite:" + file);
        try (Statement statement = opened.createStatement()) {
            statement.execute("pragma busy_timeout=1000");
            // One process at a time; also keeps the index of the log out of the file system.
            statement.execute("pragma locking_mode=exclusive");
            statement.execute("pragma journal_mode=wal");
            statement.execute("pragma synchronous=" + (config.fsync() ? "full" : "normal"));
            // The log is written into the file every megabyte and not only every four: it has to fit on a small disk
            // too.
            statement.execute("pragma wal_autocheckpoint=256");
            statement.execute("pragma journal_size_limit=1048576");
            statement.execute("create table if not exists event(position integer primary key autoincrement,"
                    + " id text not null unique, incident text not null, stream text not null, phase text not null,"
                    + " at_millis integer not null, value blob not null)");
            statement.execute("create table if not exists open_incident(incident text primary key,"
                    + " stream text not null, revision integer not null, value blob not null)");
        } catch (SQLException e) {
            if (!isDamaged(e)) {
                opened.close();
                throw e;
            }
        }
        return opened;
    }

    private static boolean isDamaged(SQLException e) {
        String message = String.valueOf(e.getMessage());
        return message.contains("SQLITE_CORRUPT") || message.contains("SQLITE_NOTADB");
    }

    private void count() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result =
                        statement.executeQuery("select count(*), coalesce(sum(length(value)), 0) from event")) {
            result.next();
            waiting = result.getLong(1);
            waitingBytes = result.getLong(2) + waiting * OVERHEAD_BYTES;
        }
    }

    private void endInterrupted() throws SQLException {
        execute("begin immediate");
        int ended = 0;
        try (Statement statement = connection.createStatement();
                PreparedStatement insert = connection.prepareStatement(INSERT)) {
            try (ResultSet result =
                    statement.executeQuery("select incident, stream, revision, value from open_incident")) {
                while (result.next()) {
                    int revision = result.getInt(3) + 1;
                    String incident = result.getString(1);
                    byte[] value = IncidentJson.interrupted(result.getBytes(4), revision, clock.millis());
                    insert(
                            insert,
                            incident + "/" + revision,
                            incident,
                            result.getString(2),
                            IncidentJson.name(Incident.Phase.END),
                            clock.millis(),
                            value);
                    ended++;
                }
            }
            statement.execute("delete from open_incident");
        }
        execute("commit");
        if (ended > 0) {
            LOG.warn("{} incidents were open when the process last ended: they are ended as interrupted", ended);
        }
    }

    /**
     * Makes messages durable, all in one transaction.
     *
     * @return how many of them were refused because the spool is full; they are lost
     * @throws SpoolException when the disk does not take them; none of them is kept then, and the same call may be tried again
     */
    public synchronized int append(List<Incident> incidents) {
        long waitingBefore = waiting;
        long bytesBefore = waitingBytes;
        int refusedNow = 0;
        // Statements are made anew each time: one that failed on a full disk cannot be used again.
        try (PreparedStatement insert = connection.prepareStatement(INSERT);
                PreparedStatement open = connection.prepareStatement(OPEN);
                PreparedStatement close = connection.prepareStatement(CLOSE)) {
            execute("begin immediate");
            for (Incident incident : incidents) {
                if (!append(incident, insert, open, close)) {
                    refusedNow++;
                }
            }
            execute("commit");
        } catch (SQLException e) {
            waiting = waitingBefore;
            waitingBytes = bytesBefore;
            rollBack();
            throw new SpoolException(sentence("cannot be written", e), e);
        }
        refused += refusedNow;
        notifyAll();
        return refusedNow;
    }

    private boolean append(Incident incident, PreparedStatement insert, PreparedStatement open, PreparedStatement close)
            throws SQLException {
        byte[] value = IncidentJson.incident(incident, clock.millis());
        double limit =
                incident.phase() == Incident.Phase.UPDATE ? UPDATES_UNTIL * config.maxBytes() : config.maxBytes();
        if (waitingBytes + value.length + OVERHEAD_BYTES > limit) {
            return false;
        }
        insert(
                insert,
                incident.eventId(),
                incident.id(),
                incident.stream(),
                IncidentJson.name(incident.phase()),
                incident.decidedAtMillis(),
                value);
        if (incident.phase() == Incident.Phase.END) {
            close.setString(1, incident.id());
            close.executeUpdate();
        } else {
            open.setString(1, incident.id());
            open.setString(2, incident.stream());
            open.setInt(3, incident.revision());
            open.setBytes(4, value);
            open.executeUpdate();
        }
        return true;
    }

    private void insert(
            PreparedStatement insert,
            String id,
            String incident,
            String stream,
            String phase,
            long atMillis,
            byte[] value)
            throws SQLException {
        insert.setString(1, id);
        insert.setString(2, incident);
        insert.setString(3, stream);
        insert.setString(4, phase);
        insert.setLong(5, atMillis);
        insert.setBytes(6, value);
        if (insert.executeUpdate() > 0) {
            waiting++;
            waitingBytes += value.length + OVERHEAD_BYTES;
        }
    }

    /** The oldest waiting messages after a position, oldest first. */
    public synchronized List<SpooledEvent> next(long afterPosition, int limit) {
        List<SpooledEvent> events = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(SELECT)) {
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
        } catch (SQLException e) {
            throw new SpoolException(sentence("cannot be read", e), e);
        }
        return events;
    }

    /**
     * Forgets messages that were acknowledged.
     *
     * @throws SpoolException when the disk does not take it; they wait on, and will be sent again unless this is repeated
     */
    public synchronized void acknowledge(Collection<SpooledEvent> events) {
        delivered += remove(events);
    }

    private long remove(Collection<SpooledEvent> events) {
        long waitingBefore = waiting;
        long bytesBefore = waitingBytes;
        try (PreparedStatement delete = connection.prepareStatement(DELETE)) {
            execute("begin immediate");
            for (SpooledEvent event : events) {
                delete.setLong(1, event.position());
                if (delete.executeUpdate() > 0) {
                    waiting--;
                    waitingBytes -= event.value().length + OVERHEAD_BYTES;
                }
            }
            execute("commit");
            return waitingBefore - waiting;
        } catch (SQLException e) {
            waiting = waitingBefore;
            waitingBytes = bytesBefore;
            rollBack();
            throw new SpoolException(sentence("cannot be written", e), e);
        }
    }

    /**
     * Sets a message aside that the broker will never take, so that it does not hold up the others: one line of JSON with the reason in
     * {@code dead-letters.jsonl}.
     */
    public synchronized void setAside(SpooledEvent event, String reason) {
        String line = "{\"setAsideAt\":\"" + DetectionJson.time(clock.millis()) + "\",\"reason\":\""
                + reason.replace("\\", "\\\\").replace("\"", "\\\"") + "\",\"event\":"
                + new String(event.value(), StandardCharsets.UTF_8) + "}\n";
        try {
            Files.writeString(
                    config.directory().resolve(DEAD_LETTERS),
                    line,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND,
                    StandardOpenOption.SYNC);
        } catch (IOException e) {
            throw new SpoolException(sentence("cannot set a message aside", e), e);
        }
        deadLetters += remove(List.of(event));
        LOG.error("event {} will never be taken ({}): set aside in {}", event.id(), reason, DEAD_LETTERS);
    }

    /** Returns when something was appended, or after the time. */
    public synchronized void await(long millis) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        long before = waiting;
        while (waiting <= before && !closed) {
            long left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
            if (left <= 0) {
                return;
            }
            wait(left);
        }
    }

    /** Messages that wait. */
    public synchronized long waiting() {
        return waiting;
    }

    /** Bytes that they are counted with. */
    public synchronized long waitingBytes() {
        return waitingBytes;
    }

    /** Messages lost because the spool was full. */
    public synchronized long refused() {
        return refused;
    }

    /** Messages acknowledged since the spool was opened. */
    public synchronized long delivered() {
        return delivered;
    }

    /** Messages set aside. */
    public synchronized long deadLetters() {
        return deadLetters;
    }

    /** Bounds the file; SQLite then answers as on a full disk. */
    synchronized void limitPages(long pages) {
        try {
            execute("pragma max_page_count=" + pages);
        } catch (SQLException e) {
            throw new SpoolException(sentence("cannot be bounded", e), e);
        }
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /**
     * On a full disk SQLite has rolled back by itself, and says that there is nothing to roll back. It may be the log that has filled
     * it, and every commit, also of a deletion, needs room there: what the log holds is written into the file, so that it begins anew.
     */
    private void rollBack() {
        for (String sql : new String[] {"rollback", "pragma wal_checkpoint(truncate)"}) {
            try {
                execute(sql);
            } catch (SQLException e) {
                LOG.debug("{}: {}", sql, e.getMessage());
            }
        }
    }

    private String sentence(String what, Exception e) {
        String message = String.valueOf(e.getMessage());
        if (message.contains("SQLITE_BUSY") || message.contains("SQLITE_LOCKED")) {
            return "incident spool " + file
                    + " is used by another process: give each its own incidents.spool.directory";
        }
        if (message.contains("SQLITE_FULL") || message.contains("No space left")) {
            return "incident spool " + file + " " + what + ": the disk is full; make room, it goes on by itself";
        }
        return "incident spool " + file + " " + what + ": " + message;
    }

    private static void closeQuietly(@Nullable Connection opened, SpoolException failure) {
        if (opened != null) {
            try {
                opened.close();
            } catch (SQLException e) {
                failure.addSuppressed(e);
            }
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        notifyAll();
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.warn("{}", sentence("cannot be closed", e));
        }
    }
}
