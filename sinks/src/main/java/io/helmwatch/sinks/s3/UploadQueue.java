package io.helmwatch.sinks.s3;

import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.evidence.EvidenceCopies.NewFile;
import io.helmwatch.sinks.s3.RejectedUploads.Rejected;
import io.helmwatch.sinks.sqlite.SqliteException;
import io.helmwatch.sinks.sqlite.SqliteFile;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Names of files that wait for the object storage, on disk, beside the spool of incidents; the files themselves are in their folders. It survives
 * the death of the process and, with {@link SpoolConfig#fsync}, a power cut.
 *
 * <p>Beyond {@link SpoolConfig#maxBytes} further files are refused.
 *
 * <p>Threading: any thread; calls are serialised. Ownership: one process.
 */
final class UploadQueue implements AutoCloseable {
    static final String FILE = "uploads.db";

    private static final int VERSION = 1;

    private final SpoolConfig config;
    private final Clock clock;
    private final SqliteFile file;
    private final RejectedUploads rejected;
    /** Files that do not have their names yet. */
    private final Set<String> unconfirmed = new HashSet<>();

    private final AtomicLong waiting = new AtomicLong();
    private final AtomicLong waitingBytes = new AtomicLong();
    private final AtomicLong oldestMillis = new AtomicLong();
    private boolean closed;

    /**
     * A file that waits.
     *
     * @param position its place in the order of uploads
     * @param kind what it is
     * @param path below the folder of its kind
     * @param sha256 of its content, lower-case hexadecimal
     * @param bytes its size
     */
    record Upload(long position, EvidenceKind kind, String path, String sha256, long bytes) {}

    /**
     * Opens the file, created when missing.
     *
     * @throws SqliteException when it cannot be used, in one sentence
     */
    UploadQueue(SpoolConfig config, Clock clock) {
        this.config = config;
        this.clock = clock;
        SqliteFile.Description description = new SqliteFile.Description(
                config.directory().resolve(FILE),
                "upload queue",
                "incidents.spool.directory",
                new SqliteFile.Tables(
                        VERSION,
                        List.of(
                                "create table if not exists upload(position integer primary key autoincrement,"
                                        + " kind text not null, path text not null, sha256 text not null,"
                                        + " bytes integer not null, at_millis integer not null, unique(kind, path))",
                                RejectedUploads.TABLE)),
                List.of("auto_vacuum=incremental", "synchronous=" + (config.fsync() ? "full" : "normal")),
                "damaged-%d-" + FILE);
        try (Closer opened = new Closer()) {
            file = opened.register(new SqliteFile(description, clock.millis()));
            rejected = new RejectedUploads(file);
            run("cannot be read", this::count);
            opened.transfer();
        }
    }

    private void count() throws SQLException {
        waiting.set(file.number("select count(*) from upload"));
        waitingBytes.set(file.number("select sum(bytes) from upload"));
        oldestMillis.set(oldest());
    }

    private long oldest() throws SQLException {
        return file.number("select at_millis from upload order by position limit 1");
    }

    /**
     * Adds files, which are not taken before they are {@linkplain #confirm confirmed}.
     *
     * @return false where the queue is full, and nothing was added
     * @throws SqliteException when nothing was added, in one sentence
     */
    synchronized boolean add(EvidenceKind kind, Collection<NewFile> files) {
        boolean[] isFull = new boolean[1];
        run("cannot be written", () -> {
            isFull[0] = file.usedBytes() > config.maxBytes();
            if (!isFull[0]) {
                boolean[] hasReplaced = new boolean[1];
                file.transaction(() -> {
                    hasReplaced[0] = delete(kind, files);
                    insert(kind, files);
                    for (NewFile added : files) {
                        rejected.remove(kind, added.path());
                    }
                });
                added(files, hasReplaced[0]);
                files.forEach(added -> unconfirmed.add(kind.key("", added.path())));
            }
        });
        return !isFull[0];
    }

    /** Counting all rows takes long where many wait. */
    private void added(Collection<NewFile> files, boolean hasReplaced) throws SQLException {
        if (hasReplaced) {
            count();
        } else {
            waiting.addAndGet(files.size());
            waitingBytes.addAndGet(files.stream().mapToLong(NewFile::bytes).sum());
            oldestMillis.set(oldest());
        }
    }

    /** A replaced file gets a new position: an upload in flight is not taken for that of the new content. */
    private boolean delete(EvidenceKind kind, Collection<NewFile> files) throws SQLException {
        int deleted = 0;
        try (PreparedStatement delete = file.prepare("delete from upload where kind=? and path=?")) {
            for (NewFile known : files) {
                delete.setString(1, kind.folder());
                delete.setString(2, known.path());
                deleted += delete.executeUpdate();
            }
        }
        return deleted > 0;
    }

    private void insert(EvidenceKind kind, Collection<NewFile> files) throws SQLException {
        try (PreparedStatement insert =
                file.prepare("insert into upload(kind, path, sha256, bytes, at_millis) values(?,?,?,?,?)")) {
            for (NewFile added : files) {
                insert.setString(1, kind.folder());
                insert.setString(2, added.path());
                insert.setString(3, added.sha256());
                insert.setLong(4, added.bytes());
                insert.setLong(5, clock.millis());
                insert.executeUpdate();
            }
        }
    }

    /** The files have their names. */
    synchronized void confirm(EvidenceKind kind, Collection<NewFile> files) {
        files.forEach(added -> unconfirmed.remove(kind.key("", added.path())));
        notifyAll();
    }

    /**
     * Removes files that will not get their names.
     *
     * @throws SqliteException when they are still there, in one sentence
     */
    synchronized void withdraw(EvidenceKind kind, Collection<NewFile> files) {
        files.forEach(withdrawn -> unconfirmed.remove(kind.key("", withdrawn.path())));
        run("cannot be written", () -> {
            file.transaction(() -> delete(kind, files));
            count();
        });
    }

    /**
     * The confirmed files that wait longest, in the order of uploads.
     *
     * @throws SqliteException when they cannot be read, in one sentence
     */
    synchronized List<Upload> next(int most) {
        List<Upload> uploads = new ArrayList<>();
        run("cannot be read", () -> {
            try (PreparedStatement select =
                    file.prepare("select position, kind, path, sha256, bytes from upload order by position limit ?")) {
                select.setInt(1, most + unconfirmed.size());
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next() && uploads.size() < most) {
                        add(uploads, rows);
                    }
                }
            }
        });
        return uploads;
    }

    private void add(List<Upload> uploads, ResultSet row) throws SQLException {
        EvidenceKind kind = EvidenceKind.of(row.getString(2));
        if (kind != null && !unconfirmed.contains(kind.key("", row.getString(3)))) {
            uploads.add(new Upload(row.getLong(1), kind, row.getString(3), row.getString(4), row.getLong(5)));
        }
    }

    /**
     * Removes a file that the storage has, or that is gone.
     *
     * @throws SqliteException when it is still there, in one sentence
     */
    synchronized void remove(Upload upload) {
        run("cannot be written", () -> removed(upload, delete(upload)));
    }

    private boolean delete(Upload upload) throws SQLException {
        try (PreparedStatement delete = file.prepare("delete from upload where position=?")) {
            delete.setLong(1, upload.position());
            return delete.executeUpdate() > 0;
        }
    }

    private void removed(Upload upload, boolean wasThere) throws SQLException {
        if (wasThere) {
            waiting.decrementAndGet();
            waitingBytes.addAndGet(-upload.bytes());
            oldestMillis.set(oldest());
        }
    }

    /**
     * Removes a file that the storage refused for good, and notes why.
     *
     * @throws SqliteException when it is still there, in one sentence
     */
    synchronized void reject(Upload upload, String reason) {
        run("cannot be written", () -> {
            boolean[] wasThere = new boolean[1];
            file.transaction(() -> {
                wasThere[0] = delete(upload);
                // One that was replaced meanwhile is another file.
                if (wasThere[0]) {
                    rejected.add(upload, clock.millis(), reason);
                }
            });
            removed(upload, wasThere[0]);
        });
    }

    /**
     * Files that the storage refused for good, the oldest first.
     *
     * @throws SqliteException when they cannot be read, in one sentence
     */
    synchronized List<Rejected> rejected() {
        List<Rejected> all = new ArrayList<>();
        run("cannot be read", () -> all.addAll(rejected.all()));
        return all;
    }

    /**
     * Puts files that were refused behind those that wait, and forgets others.
     *
     * @throws SqliteException when all is as it was, in one sentence
     */
    synchronized void resend(Collection<Upload> again, Collection<Upload> gone) {
        run("cannot be written", () -> {
            file.transaction(() -> {
                for (Upload upload : again) {
                    insert(upload.kind(), List.of(new NewFile(upload.path(), upload.sha256(), upload.bytes())));
                }
                for (Upload upload :
                        Stream.concat(again.stream(), gone.stream()).toList()) {
                    rejected.remove(upload.kind(), upload.path());
                }
            });
            count();
        });
    }

    /**
     * Moves a file behind the others.
     *
     * @throws SqliteException when it is where it was, in one sentence
     */
    synchronized void postpone(Upload upload) {
        run("cannot be written", () -> {
            try (PreparedStatement update =
                    file.prepare("update upload set position=(select max(position)+1 from upload) where position=?")) {
                update.setLong(1, upload.position());
                update.executeUpdate();
            }
        });
    }

    /** Waits until a file is confirmed, at most for the given time. */
    synchronized void await(long millis) throws InterruptedException {
        TimeUnit.MILLISECONDS.timedWait(this, millis);
    }

    /** Number of files that wait. */
    long waiting() {
        return waiting.get();
    }

    /** Size of the files that wait. */
    long waitingBytes() {
        return waitingBytes.get();
    }

    /** Since when the file that is next waits, milliseconds since 1970 UTC; 0 where none waits. */
    long oldestMillis() {
        return oldestMillis.get();
    }

    private void run(String what, SqliteFile.Work work) {
        if (closed) {
            throw new SqliteException("upload queue: the file is closed, the service is ending", null);
        }
        try {
            work.run();
        } catch (SQLException e) {
            throw file.failure(what, e);
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            file.close();
        }
    }
}
