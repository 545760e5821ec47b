package io.helmwatch.sinks.s3;

import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.evidence.EvidenceCopies.NewFile;
import io.helmwatch.sinks.s3.RejectedUploads.Rejected;
import io.helmwatch.sinks.sqlite.SqliteException;
import io.helmwatch.sinks.sqlite.SqliteFile;
import java.time.Clock;
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
    private final UploadTable uploads;
    private final RejectedUploads rejected;
    /** Names of files that do not have them yet. */
    private final Set<String> unconfirmed = new HashSet<>();

    private final AtomicLong waiting = new AtomicLong();
    private final AtomicLong waitingBytes = new AtomicLong();
    private final AtomicLong oldestMillis = new AtomicLong();

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
                new SqliteFile.Tables(VERSION, List.of(UploadTable.TABLE, RejectedUploads.TABLE)),
                List.of("auto_vacuum=incremental", "synchronous=" + (config.fsync() ? "full" : "normal")),
                "damaged-%d-" + FILE);
        try (Closer opened = new Closer()) {
            file = opened.register(new SqliteFile(description, clock.millis()));
            uploads = new UploadTable(file);
            rejected = new RejectedUploads(file);
            count();
            opened.transfer();
        }
    }

    private void count() {
        UploadTable.Totals totals = file.read(uploads::totals);
        waiting.set(totals.files());
        waitingBytes.set(totals.bytes());
        updateOldest();
    }

    private void updateOldest() {
        oldestMillis.set(file.read(uploads::oldestMillis));
    }

    /**
     * Adds files, which are not taken before they are {@linkplain #confirm confirmed}.
     *
     * @return false where the queue is full, and nothing was added
     * @throws SqliteException when nothing was added, in one sentence
     */
    synchronized boolean add(EvidenceKind kind, Collection<NewFile> files) {
        if (file.read(file::usedBytes) > config.maxBytes()) {
            return false;
        }
        boolean hasReplaced = file.write(() -> {
            // A replaced file gets a new position: an upload in flight is not taken for that of the new content.
            boolean wasWaiting = uploads.remove(kind, files);
            uploads.add(kind, files, clock.millis());
            for (NewFile added : files) {
                rejected.remove(kind, added.path());
            }
            return wasWaiting;
        });
        files.forEach(added -> unconfirmed.add(kind.key("", added.path())));
        if (hasReplaced) {
            count();
        } else {
            waiting.addAndGet(files.size());
            waitingBytes.addAndGet(files.stream().mapToLong(NewFile::bytes).sum());
            updateOldest();
        }
        return true;
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
        file.write(() -> uploads.remove(kind, files));
        count();
    }

    /**
     * The confirmed files that wait longest, in the order of uploads.
     *
     * @throws SqliteException when they cannot be read, in one sentence
     */
    synchronized List<Upload> next(int most) {
        return file.read(() -> uploads.next(most + unconfirmed.size())).stream()
                .filter(upload -> !unconfirmed.contains(upload.name()))
                .limit(most)
                .toList();
    }

    /**
     * Removes a file that the storage has, or that is gone.
     *
     * @throws SqliteException when it is still there, in one sentence
     */
    synchronized void remove(Upload upload) {
        boolean wasThere = file.write(() -> uploads.remove(upload));
        if (wasThere) {
            removed(upload);
        }
    }

    private void removed(Upload upload) {
        waiting.decrementAndGet();
        waitingBytes.addAndGet(-upload.bytes());
        updateOldest();
    }

    /**
     * Removes a file that the storage refused for good, and notes why.
     *
     * @throws SqliteException when it is still there, in one sentence
     */
    synchronized void reject(Upload upload, String reason) {
        boolean wasThere = file.write(() -> {
            // One that was replaced meanwhile is another file.
            boolean isSame = uploads.remove(upload);
            if (isSame) {
                rejected.add(upload, clock.millis(), reason);
            }
            return isSame;
        });
        if (wasThere) {
            removed(upload);
        }
    }

    /**
     * Files that the storage refused for good, the oldest first.
     *
     * @throws SqliteException when they cannot be read, in one sentence
     */
    synchronized List<Rejected> rejected() {
        return file.read(rejected::all);
    }

    /**
     * Puts files that were refused behind those that wait, and forgets others.
     *
     * @throws SqliteException when all is as it was, in one sentence
     */
    synchronized void resend(Collection<Upload> again, Collection<Upload> gone) {
        file.write(() -> {
            for (Upload upload : again) {
                uploads.add(
                        upload.kind(),
                        List.of(new NewFile(upload.path(), upload.sha256(), upload.bytes())),
                        clock.millis());
            }
            for (Upload upload : Stream.concat(again.stream(), gone.stream()).toList()) {
                rejected.remove(upload.kind(), upload.path());
            }
        });
        count();
    }

    /**
     * Moves a file behind the others.
     *
     * @throws SqliteException when it is where it was, in one sentence
     */
    synchronized void postpone(Upload upload) {
        file.write(() -> uploads.postpone(upload));
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

    @Override
    public synchronized void close() {
        file.close();
    }
}
