package io.helmwatch.sinks.spool;

import io.helmwatch.config.SpoolConfig;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.IncidentJson;
import io.helmwatch.vision.Incident;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Incident messages on disk, from acceptance until the broker has acknowledged them. One SQLite file in write-ahead mode (why
 * SQLite: {@code docs/adr/0006-incidents-wait-in-sqlite.md}).
 *
 * <p>Durability: once {@link #append} returned, the messages survive the death of the process; with {@code fsync} also a power cut.
 * Acknowledgements may be lost: the message is then sent again with the same id and the same bytes.
 *
 * <p>Capacity: {@link SpoolConfig#maxBytes}. Above four fifths updates are refused, so that starts and ends still fit; a full spool
 * refuses every message. On a full disk append throws; nothing is partially written, and it works again once there is space.
 *
 * <p>A damaged file is moved aside, and its readable messages are salvaged row by row. A file of an older version is migrated; one of a
 * newer version is refused.
 *
 * <p>An incident that was open when the process died is ended, with the reason {@code interrupted}, when the spool is next opened.
 *
 * <p>Threading: any thread; calls are serialised. Ownership: one process; a second one is refused.
 */
public final class IncidentSpool implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(IncidentSpool.class);
    /** Size of a message on disk beside its JSON: ids, indexes, unused page ends. */
    private static final long OVERHEAD_BYTES = 400;

    private static final String INSERT =
            "insert or ignore into event(id, incident, stream, phase, at_millis, value, recorded_millis) values(?,?,?,?,?,?,?)";
    private static final String OPEN =
            "insert or replace into open_incident(incident, stream, revision, value) values(?,?,?,?)";
    private static final String CLOSE = "delete from open_incident where incident=?";
    private static final String SELECT = "select position, id, incident, stream, phase, at_millis, value from event"
            + " where position > ? order by position limit ?";
    private static final String DELETE = "delete from event where position=?";

    /** Fraction of the capacity above which updates are refused. */
    private static final double UPDATE_LIMIT = 0.8;

    private final SpoolConfig config;
    private final Clock clock;
    private final SpoolFile file;
    private final DeadLetters deadLetterFile;
    private long waiting;
    private long waitingBytes;
    private long refused;
    private long delivered;
    private long deadLetters;
    private long salvaged;
    private long lostFiles;
    private boolean closed;

    /**
     * Opens the spool, created when missing.
     *
     * @throws SpoolException when the directory cannot be used, another process uses it, or a newer version wrote it
     */
    public IncidentSpool(SpoolConfig config, Clock clock) {
        this.config = config;
        this.clock = clock;
        this.deadLetterFile = new DeadLetters(config.directory());
        try (Closer opened = new Closer()) {
            file = opened.register(new SpoolFile(config, clock.millis()));
            try {
                count();
                lostFiles = (long) SpoolFile.damagedFiles(config.directory()).size() + (file.wasEmpty() ? 1 : 0);
                if (file.damaged() != null) {
                    salvage(file.damaged());
                }
                endInterrupted();
            } catch (SQLException | IOException e) {
                throw file.failure("cannot be opened", e);
            }
            opened.transfer();
        }
    }

    private void count() throws SQLException {
        try (Statement statement = file.createStatement();
                ResultSet result =
                        statement.executeQuery("select count(*), coalesce(sum(length(value)), 0) from event")) {
            result.next();
            waiting = result.getLong(1);
            waitingBytes = result.getLong(2) + waiting * OVERHEAD_BYTES;
        }
    }

    private void salvage(Path damaged) throws IOException, SQLException {
        SpoolSalvage.Result found = SpoolSalvage.read(damaged);
        int added = insertAll(found.events());
        try (PreparedStatement open = file.prepare(OPEN)) {
            for (SpoolSalvage.OpenIncident incident : found.open()) {
                open(open, incident.incident(), incident.stream(), incident.revision(), incident.value());
            }
        }
        salvaged += added;
        LOG.error(
                "Spool file {} damaged: moved to {}; salvaged {} messages, {} rows unreadable",
                config.directory().resolve(SpoolFile.NAME),
                damaged.getFileName(),
                added,
                found.unreadable());
    }

    /** Inserts messages that have no place in the spool yet, whatever its capacity; returns their number. */
    private int insertAll(List<SpooledEvent> events) throws SQLException {
        long before = waiting;
        file.execute("begin immediate");
        try (PreparedStatement insert = file.prepare(INSERT)) {
            for (SpooledEvent event : events) {
                insert(
                        insert,
                        event.id(),
                        event.incident(),
                        event.stream(),
                        event.phase(),
                        event.atMillis(),
                        event.value());
            }
            file.execute("commit");
        } catch (SQLException e) {
            file.rollBack();
            count();
            throw e;
        }
        return (int) (waiting - before);
    }

    /**
     * Salvages the damaged files of the directory again, for a spool that was damaged before this version or whose salvage failed;
     * each file is kept.
     *
     * @return number of messages that were added
     */
    synchronized int repair() {
        try {
            long before = salvaged;
            for (Path damaged : SpoolFile.damagedFiles(config.directory())) {
                salvage(damaged);
            }
            endInterrupted();
            return (int) (salvaged - before);
        } catch (IOException | SQLException e) {
            throw file.failure("cannot be repaired", e);
        }
    }

    /**
     * Returns dead letters to the spool, to be sent again with the same bytes.
     *
     * @param ids accepts the ids of messages to send
     * @return number of messages
     * @throws SpoolException when they cannot be returned; they stay in the file
     */
    public synchronized int resend(Predicate<String> ids) {
        try {
            List<DeadLetter> letters = deadLetterFile.read().stream()
                    .filter(letter -> ids.test(letter.event().id()))
                    .toList();
            insertAll(letters.stream().map(DeadLetter::event).toList());
            if (!letters.isEmpty()) {
                deadLetterFile.remove(letters);
            }
            notifyAll();
            return letters.size();
        } catch (IOException | SQLException e) {
            throw file.failure("cannot return dead letters", e);
        }
    }

    private void endInterrupted() throws SQLException {
        file.execute("begin immediate");
        int ended = 0;
        try (Statement statement = file.createStatement();
                PreparedStatement insert = file.prepare(INSERT)) {
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
        file.execute("commit");
        if (ended > 0) {
            LOG.warn("{} incidents ended as interrupted: they were open when the process last stopped", ended);
        }
    }

    /**
     * Persists messages in one transaction.
     *
     * @return number of messages refused because the spool is full; they are lost
     * @throws SpoolException when they cannot be written; none of them is stored then, and the call may be repeated
     */
    public synchronized int append(List<Incident> incidents) {
        long waitingBefore = waiting;
        long bytesBefore = waitingBytes;
        int refusedNow = 0;
        // Statements are prepared for each call: one that failed on a full disk cannot be used again.
        try (PreparedStatement insert = file.prepare(INSERT);
                PreparedStatement open = file.prepare(OPEN);
                PreparedStatement close = file.prepare(CLOSE)) {
            file.execute("begin immediate");
            for (Incident incident : incidents) {
                if (!append(incident, insert, open, close)) {
                    refusedNow++;
                }
            }
            file.execute("commit");
        } catch (SQLException e) {
            waiting = waitingBefore;
            waitingBytes = bytesBefore;
            file.rollBack();
            throw file.failure("cannot be written", e);
        }
        refused += refusedNow;
        notifyAll();
        return refusedNow;
    }

    private boolean append(Incident incident, PreparedStatement insert, PreparedStatement open, PreparedStatement close)
            throws SQLException {
        byte[] value = IncidentJson.incident(incident, clock.millis());
        double limit = incident.phase() == Incident.Phase.UPDATE ? UPDATE_LIMIT * config.maxBytes() : config.maxBytes();
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
            open(open, incident.id(), incident.stream(), incident.revision(), value);
        }
        return true;
    }

    private static void open(PreparedStatement open, String incident, String stream, int revision, byte[] value)
            throws SQLException {
        open.setString(1, incident);
        open.setString(2, stream);
        open.setInt(3, revision);
        open.setBytes(4, value);
        open.executeUpdate();
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
        insert.setLong(7, clock.millis());
        if (insert.executeUpdate() > 0) {
            waiting++;
            waitingBytes += value.length + OVERHEAD_BYTES;
        }
    }

    /** The oldest waiting messages after a position, oldest first. */
    public synchronized List<SpooledEvent> next(long afterPosition, int limit) {
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
        } catch (SQLException e) {
            throw file.failure("cannot be read", e);
        }
        return events;
    }

    /**
     * Removes acknowledged messages.
     *
     * @throws SpoolException when they cannot be removed; they remain, and are sent again unless the call is repeated
     */
    public synchronized void acknowledge(Collection<SpooledEvent> events) {
        delivered += remove(events);
    }

    private long remove(Collection<SpooledEvent> events) {
        long waitingBefore = waiting;
        long bytesBefore = waitingBytes;
        try (PreparedStatement delete = file.prepare(DELETE)) {
            file.execute("begin immediate");
            for (SpooledEvent event : events) {
                delete.setLong(1, event.position());
                if (delete.executeUpdate() > 0) {
                    waiting--;
                    waitingBytes -= event.value().length + OVERHEAD_BYTES;
                }
            }
            file.execute("commit");
            return waitingBefore - waiting;
        } catch (SQLException e) {
            waiting = waitingBefore;
            waitingBytes = bytesBefore;
            file.rollBack();
            throw file.failure("cannot be written", e);
        }
    }

    /**
     * Moves a message that the broker rejects for good to {@code dead-letters.jsonl}, with the reason, so that it does not block
     * others.
     *
     * @throws SpoolException when it cannot be moved; the message remains
     */
    public synchronized void deadLetter(SpooledEvent event, String reason) {
        try {
            deadLetterFile.append(event, reason, clock.millis());
        } catch (IOException e) {
            throw file.failure("cannot move a message to " + DeadLetters.FILE, e);
        }
        deadLetters += remove(List.of(event));
        LOG.error("Event {} rejected by the broker: {}; moved to {}", event.id(), reason, DeadLetters.FILE);
    }

    /** Returns when a message was appended, or after the given time. */
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

    /** Messages waiting. */
    public synchronized long waiting() {
        return waiting;
    }

    /** Size of the waiting messages, bytes; what {@link SpoolConfig#maxBytes} limits. */
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

    /** Messages dead-lettered since the spool was opened. */
    public synchronized long deadLetters() {
        return deadLetters;
    }

    /** Messages salvaged from damaged files since the spool was opened. */
    public synchronized long salvaged() {
        return salvaged;
    }

    /** Files that lost messages: damaged ones in the directory, and one that was found with zero length. */
    public synchronized long lostFiles() {
        return lostFiles;
    }

    /** When the oldest waiting message was recorded, milliseconds since 1970; 0 when none waits. */
    public synchronized long oldestMillis() {
        try (Statement statement = file.createStatement();
                ResultSet result =
                        statement.executeQuery("select recorded_millis from event order by position limit 1")) {
            return result.next() ? result.getLong(1) : 0;
        } catch (SQLException e) {
            throw file.failure("cannot be read", e);
        }
    }

    /** Limits the size of the file; SQLite then reports a full disk. */
    synchronized void limitPages(long pages) {
        try {
            file.execute("pragma max_page_count=" + pages);
        } catch (SQLException e) {
            throw file.failure("cannot be limited", e);
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        notifyAll();
        file.close();
    }
}
