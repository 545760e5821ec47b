package io.helmwatch.sinks.spool;

import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.resource.Closer;
import io.helmwatch.resource.ConstantName;
import io.helmwatch.sinks.IncidentJson;
import io.helmwatch.sinks.sqlite.SqliteException;
import io.helmwatch.sinks.sqlite.SqliteFile;
import io.helmwatch.vision.Incident;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
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
 * <p>Capacity: {@link SpoolConfig#maxBytes}. Above four fifths only starts and ends are accepted; a full spool
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

    /** Fraction of the capacity above which only starts and ends are accepted. */
    private static final double UPDATE_LIMIT = 0.8;

    private final SpoolConfig config;
    private final Clock clock;
    private final SqliteFile file;
    private final EventTable events;
    private final SpoolRecovery recovery;
    private final DeadLetters deadLetterFile;
    private long waiting;
    private long waitingBytes;
    private long delivered;
    private long deadLetters;
    private long salvaged;
    private long lostFiles;
    private boolean closed;

    /**
     * Opens the spool, created when missing.
     *
     * @throws SqliteException when the directory cannot be used, another process uses it, or a newer version wrote it
     */
    public IncidentSpool(SpoolConfig config, Clock clock) {
        this.config = config;
        this.clock = clock;
        this.deadLetterFile = new DeadLetters(config.directory());
        try (Closer opened = new Closer()) {
            file = opened.register(SpoolSchema.open(config, clock.millis()));
            events = new EventTable(file);
            recovery = new SpoolRecovery(file, clock);
            try {
                lostFiles = (long) SpoolSchema.damagedFiles(config.directory()).size() + (file.wasEmpty() ? 1 : 0);
                if (file.damaged() != null) {
                    salvaged = recovery.salvage(file.damaged());
                }
                recovery.endInterrupted();
                count();
            } catch (SQLException | IOException e) {
                throw file.failure("cannot be opened", e);
            }
            opened.transfer();
        }
    }

    private void count() throws SQLException {
        EventTable.Totals totals = events.totals();
        waiting = totals.messages();
        waitingBytes = totals.bytes();
    }

    /** What is changed in one transaction. */
    private interface Change {
        void make(SpoolTransaction changes) throws SQLException;
    }

    /**
     * Makes a change and wakes who waits for messages.
     *
     * @return number of messages added, less those removed
     * @throws SqliteException when nothing was changed
     */
    private long change(Change change) {
        long added;
        try (SpoolTransaction changes = new SpoolTransaction(file, clock)) {
            change.make(changes);
            changes.commit();
            added = changes.messages();
            waiting += added;
            waitingBytes += changes.bytes();
        } catch (SQLException e) {
            throw file.failure("cannot be written", e);
        }
        notifyAll();
        return added;
    }

    /**
     * Salvages the damaged files of the directory again, for a spool that was damaged before this version or whose salvage failed;
     * each file is kept.
     *
     * @return number of messages that were added
     */
    synchronized int repair() {
        try {
            long added = 0;
            for (Path damaged : SpoolSchema.damagedFiles(config.directory())) {
                added += recovery.salvage(damaged);
            }
            recovery.endInterrupted();
            salvaged += added;
            count();
            return (int) added;
        } catch (IOException | SQLException e) {
            throw file.failure("cannot be repaired", e);
        }
    }

    /**
     * Returns dead letters to the spool, to be sent again with the same bytes.
     *
     * @param ids accepts the ids of messages to send
     * @return number of messages
     * @throws SqliteException when they cannot be returned; they stay in the file
     */
    public synchronized int resend(Predicate<String> ids) {
        try {
            List<DeadLetter> letters = deadLetterFile.read().stream()
                    .filter(letter -> ids.test(letter.event().id()))
                    .toList();
            change(changes -> {
                for (DeadLetter letter : letters) {
                    changes.insert(letter.event());
                }
            });
            if (!letters.isEmpty()) {
                deadLetterFile.remove(letters);
            }
            return letters.size();
        } catch (IOException e) {
            throw file.failure("cannot return dead letters", e);
        }
    }

    /**
     * Persists a message that belongs to no incident; its position is not used. A message whose id is in the spool already is not added again.
     *
     * @throws SqliteException when it cannot be written
     */
    public synchronized void enqueue(SpooledEvent event) {
        change(changes -> changes.insert(event));
    }

    /**
     * Persists messages in one transaction.
     *
     * @return number of messages refused because the spool is full; they are lost
     * @throws SqliteException when they cannot be written; none of them is stored then, and the call may be repeated
     */
    public synchronized int append(List<Incident> incidents) {
        List<Incident> refused = new ArrayList<>();
        change(changes -> {
            for (Incident incident : incidents) {
                if (!append(incident, changes)) {
                    refused.add(incident);
                }
            }
        });
        return refused.size();
    }

    private boolean append(Incident incident, SpoolTransaction changes) throws SQLException {
        byte[] value = IncidentJson.incident(incident, clock.millis());
        boolean isNeeded = incident.phase() == Incident.Phase.START || incident.phase() == Incident.Phase.END;
        double limit = isNeeded ? config.maxBytes() : UPDATE_LIMIT * config.maxBytes();
        if (waitingBytes + changes.bytes() + SpoolTransaction.sizeOnDisk(value) > limit) {
            return false;
        }
        changes.insert(new SpooledEvent(
                0,
                incident.eventId(),
                incident.id(),
                incident.stream(),
                ConstantName.of(incident.phase()),
                incident.decidedAtMillis(),
                value));
        if (incident.hasEnded()) {
            changes.close(incident.id());
        } else {
            changes.open(new OpenIncident(incident.id(), incident.stream(), incident.revision(), value));
        }
        return true;
    }

    /** Whether a message about one of the streams waits. */
    public synchronized boolean isWaiting(Collection<String> streams) {
        return file.read(() -> events.hasAny(streams));
    }

    /** The oldest waiting messages after a position, oldest first. */
    public synchronized List<SpooledEvent> next(long afterPosition, int limit) {
        return file.read(() -> events.next(afterPosition, limit));
    }

    /**
     * Removes acknowledged messages.
     *
     * @throws SqliteException when they cannot be removed; they remain, and are sent again unless the call is repeated
     */
    public synchronized void acknowledge(Collection<SpooledEvent> acknowledged) {
        delivered += remove(acknowledged);
    }

    private long remove(Collection<SpooledEvent> removed) {
        return -change(changes -> {
            for (SpooledEvent event : removed) {
                changes.delete(event);
            }
        });
    }

    /**
     * Moves a message that the broker rejects for good to {@code dead-letters.jsonl}, with the reason, so that it does not block
     * others.
     *
     * @throws SqliteException when it cannot be moved; the message remains
     */
    public synchronized void deadLetter(SpooledEvent event, String reason) {
        try {
            deadLetterFile.append(event, reason, clock.millis());
        } catch (IOException e) {
            throw file.failure("cannot move a message to " + DeadLetters.FILE, e);
        }
        deadLetters += remove(List.of(event));
        LOG.error("Message {} rejected for good: {}; moved to {}", event.id(), reason, DeadLetters.FILE);
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

    /** Messages acknowledged since the spool was opened. */
    public synchronized long delivered() {
        return delivered;
    }

    /** Messages dead-lettered since the spool was opened. */
    public synchronized long deadLetters() {
        return deadLetters;
    }

    /** Size of the dead letters of this and earlier runs; 0 when there are none. Any thread, without waiting. */
    public long deadLetterBytes() {
        return deadLetterFile.bytes();
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
        return file.read(events::oldestMillis);
    }

    /** Limits the size of the file; SQLite then reports a full disk. */
    synchronized void limitPages(long pages) {
        file.run("cannot be limited", () -> file.execute("pragma max_page_count=" + pages));
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
