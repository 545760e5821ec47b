package io.helmwatch.sinks.s3;

import io.helmwatch.config.incident.S3Config;
import io.helmwatch.resource.FailureText;
import io.helmwatch.sinks.evidence.EvidenceFolder;
import io.helmwatch.sinks.s3.UploadQueue.Upload;
import io.helmwatch.sinks.sqlite.SqliteException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Uploads the files of the queue, the oldest first, one at a time, until the storage has each. Retries never end; pauses grow from one to the next.
 * Once an hour objects that are too old are deleted, where that is configured.
 *
 * <p>Threading: a thread of its own; {@link #close} by one thread, at most five seconds. Ownership: closes the storage; the queue belongs to the
 * caller.
 */
final class Uploader implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Uploader.class);
    private static final int BATCH = 64;
    private static final long IDLE_MILLIS = 1_000;
    private static final long DRAIN_MILLIS = 3_000;
    private static final long SWEEP_NANOS = TimeUnit.HOURS.toNanos(1);
    private static final long SWEEP_RETRY_NANOS = TimeUnit.MINUTES.toNanos(10);
    /** Files that are gone are logged once in this time; all are counted. */
    private static final long WARNING_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final S3Config config;
    private final UploadQueue queue;
    private final S3Storage storage;
    private final Map<EvidenceKind, Path> folders;
    private final UploadStatistics statistics;
    private final Pauses pauses;
    private final Clock clock;
    private final @Nullable S3Retention retention;
    private final Thread thread;
    private volatile String problem = "";
    private volatile boolean closing;
    private volatile long closeByNanos;

    // Owned by the thread.
    private Duration pause;
    private long nextSweepNanos = System.nanoTime();
    private long nextWarningNanos = System.nanoTime();
    private boolean hasSwept = true;

    /**
     * How long is waited after a failure.
     *
     * @param first after the first
     * @param longest at most
     */
    record Pauses(Duration first, Duration longest) {
        static final Pauses USUAL = new Pauses(Duration.ofSeconds(1), Duration.ofMinutes(1));
    }

    Uploader(
            S3Config config,
            UploadQueue queue,
            S3Storage storage,
            Map<EvidenceKind, Path> folders,
            UploadStatistics statistics,
            Pauses pauses,
            Clock clock) {
        this.config = config;
        this.queue = queue;
        this.storage = storage;
        this.folders = Map.copyOf(folders);
        this.statistics = statistics;
        this.pauses = pauses;
        this.clock = clock;
        this.pause = pauses.first();
        Duration keep = config.keep();
        this.retention = keep == null ? null : new S3Retention(storage, config.prefix(), keep);
        this.thread = new Thread(this::run, "evidence-uploads");
        thread.setDaemon(true);
        thread.start();
    }

    /** Why the storage takes nothing, one sentence without secrets; empty while it does. */
    String problem() {
        return problem;
    }

    private void run() {
        try {
            while (!isDone()) {
                try {
                    uploadWaiting();
                    sweep();
                } catch (S3Failure e) {
                    unavailable(String.valueOf(e.getMessage()));
                } catch (SqliteException e) {
                    unavailable(String.valueOf(e.getMessage()));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            storage.close();
        }
    }

    /** While it closes, only a storage that is well gets what is waiting. */
    private boolean isDone() {
        return closing && (System.nanoTime() - closeByNanos >= 0 || queue.waiting() == 0 || !problem.isEmpty());
    }

    private void uploadWaiting() throws S3Failure, InterruptedException {
        List<Upload> uploads = queue.next(BATCH);
        if (uploads.isEmpty()) {
            queue.await(IDLE_MILLIS);
        }
        for (Upload upload : uploads) {
            if (isDone()) {
                return;
            }
            upload(upload);
        }
    }

    private void upload(Upload upload) throws S3Failure {
        Path file = Objects.requireNonNull(folders.get(upload.kind())).resolve(upload.path());
        String sha256;
        try {
            sha256 = EvidenceFolder.sha256(file);
        } catch (NoSuchFileException e) {
            miss(upload, file);
            return;
        } catch (IOException e) {
            statistics.fail();
            queue.postpone(upload);
            throw new S3Failure("file " + file + " cannot be read: " + FailureText.of(e), S3Failure.Scope.OBJECT, e);
        }
        if (!sha256.equals(upload.sha256())) {
            reject(upload, "its content is not what was stored, SHA-256 " + upload.sha256());
            return;
        }
        try {
            storage.put(
                    upload.kind().key(config.prefix(), upload.path()),
                    file,
                    upload.bytes(),
                    sha256,
                    contentType(upload.path()));
        } catch (S3Failure e) {
            if (!Files.exists(file)) {
                miss(upload, file);
                return;
            }
            statistics.fail();
            failed(upload, e);
            return;
        }
        queue.remove(upload);
        statistics.store(upload.bytes());
        available();
    }

    private void failed(Upload upload, S3Failure failure) throws S3Failure {
        switch (failure.scope()) {
            case REJECTED -> reject(upload, String.valueOf(failure.getMessage()));
            case OBJECT -> {
                // Others may succeed.
                queue.postpone(upload);
                throw failure;
            }
            case STORAGE -> throw failure;
        }
    }

    private void reject(Upload upload, String reason) {
        queue.remove(upload);
        statistics.reject();
        LOG.error("{} is not copied to the object storage, it stays on this machine: {}", upload.path(), reason);
    }

    private void miss(Upload upload, Path file) {
        queue.remove(upload);
        statistics.miss();
        long now = System.nanoTime();
        if (now - nextWarningNanos >= 0) {
            nextWarningNanos = now + WARNING_NANOS;
            LOG.warn(
                    "{} was deleted before it was copied to the object storage: it became too old or too large for its folder; deleted so far: {}",
                    file,
                    statistics.missing());
        }
    }

    static String contentType(String path) {
        if (path.endsWith(".mp4")) {
            return "video/mp4";
        }
        return path.endsWith(".jpg") ? "image/jpeg" : "application/json";
    }

    /** A failure holds up no upload: the next attempt is made later. */
    private void sweep() {
        if (retention == null || closing || System.nanoTime() - nextSweepNanos < 0) {
            return;
        }
        try {
            int deleted = retention.sweep(clock.instant());
            nextSweepNanos = System.nanoTime() + SWEEP_NANOS;
            hasSwept = true;
            statistics.delete(deleted);
            if (deleted > 0) {
                LOG.info(
                        "Deleted {} objects of bucket {} that were older than incidents.s3.keep",
                        deleted,
                        config.bucket());
            }
        } catch (S3Failure e) {
            nextSweepNanos = System.nanoTime() + SWEEP_RETRY_NANOS;
            if (hasSwept) {
                LOG.warn(
                        "Old objects of bucket {} cannot be deleted: {}; tried again every ten minutes",
                        config.bucket(),
                        e.getMessage());
            }
            hasSwept = false;
        }
    }

    private void available() {
        if (!problem.isEmpty()) {
            LOG.info("Snapshots and clips are copied to the object storage again; {} files waiting", queue.waiting());
        }
        problem = "";
        pause = pauses.first();
    }

    private void unavailable(String sentence) throws InterruptedException {
        if (problem.isEmpty() && !closing) {
            LOG.warn(
                    "Snapshots and clips are not copied to the object storage: {}; {} files waiting, retried with back-off",
                    sentence,
                    queue.waiting());
        }
        problem = sentence;
        long until = System.nanoTime() + pause.toNanos();
        Duration doubled = pause.multipliedBy(2);
        pause = doubled.compareTo(pauses.longest()) < 0 ? doubled : pauses.longest();
        while (!closing && System.nanoTime() - until < 0) {
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }

    @Override
    public void close() {
        if (closing) {
            return;
        }
        closeByNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(DRAIN_MILLIS);
        closing = true;
        try {
            thread.join(DRAIN_MILLIS + 1_000);
            if (thread.isAlive()) {
                storage.close();
                thread.interrupt();
                thread.join(1_000);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
