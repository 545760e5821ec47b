package io.helmwatch.sinks.s3;

import io.helmwatch.config.incident.S3Config;
import io.helmwatch.resource.FailureText;
import io.helmwatch.resource.Quantity;
import io.helmwatch.sinks.delivery.DeliveryThread;
import io.helmwatch.sinks.evidence.EvidenceFolder;
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
 * Uploads the files of the queue, the oldest first, one at a time, until the storage has each. Once an hour objects that are too old are deleted,
 * where that is configured.
 *
 * <p>Threading: a {@link DeliveryThread}; {@link #close} by one thread, at most five seconds. Ownership: closes the storage; the queue belongs to the
 * caller.
 */
final class Uploader implements AutoCloseable, DeliveryThread.Work {
    private static final Logger LOG = LoggerFactory.getLogger(Uploader.class);
    private static final int BATCH = 64;
    private static final long IDLE_MILLIS = 1_000;
    private static final long SWEEP_NANOS = TimeUnit.HOURS.toNanos(1);
    private static final long SWEEP_RETRY_NANOS = TimeUnit.MINUTES.toNanos(10);
    /** Files that are gone are logged once in this time; all are counted. */
    private static final long WARNING_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final S3Config config;
    private final UploadQueue queue;
    private final S3Storage storage;
    private final Map<EvidenceKind, Path> folders;
    private final UploadStatistics statistics;
    private final Clock clock;
    private final @Nullable S3Retention retention;
    private final DeliveryThread thread;

    // Owned by the thread.
    private long nextSweepNanos = System.nanoTime();
    private long nextWarningNanos = System.nanoTime();
    private boolean hasSwept = true;

    Uploader(
            S3Config config,
            UploadQueue queue,
            S3Storage storage,
            Map<EvidenceKind, Path> folders,
            UploadStatistics statistics,
            DeliveryThread.Pauses pauses,
            Clock clock) {
        this.config = config;
        this.queue = queue;
        this.storage = storage;
        this.folders = Map.copyOf(folders);
        this.statistics = statistics;
        this.clock = clock;
        Duration keep = config.keep();
        this.retention = keep == null ? null : new S3Retention(storage, config.prefix(), keep);
        this.thread = new DeliveryThread("evidence-uploads", pauses, this);
        thread.start();
    }

    /** Why the storage takes nothing, one sentence without secrets; empty while it does. */
    String problem() {
        return thread.problem();
    }

    @Override
    public boolean isWaiting() {
        return queue.waiting() > 0;
    }

    @Override
    public void deliverWaiting() throws S3Failure, InterruptedException {
        uploadWaiting();
        sweep();
    }

    private void uploadWaiting() throws S3Failure, InterruptedException {
        List<Upload> uploads = queue.next(BATCH);
        if (uploads.isEmpty()) {
            queue.await(IDLE_MILLIS);
        }
        for (Upload upload : uploads) {
            if (thread.isDone()) {
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
        thread.available();
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
        queue.reject(upload, reason);
        statistics.reject();
        LOG.error(
                "{} is not copied to the object storage, it stays on this machine: {}; ./helmwatch spool resend --copies sends it again",
                upload.path(),
                reason);
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
        if (retention == null || thread.isClosing() || System.nanoTime() - nextSweepNanos < 0) {
            return;
        }
        try {
            int deleted = retention.sweep(clock.instant());
            nextSweepNanos = System.nanoTime() + SWEEP_NANOS;
            hasSwept = true;
            statistics.delete(deleted);
            if (deleted > 0) {
                LOG.info(
                        "Deleted {} of bucket {}: older than incidents.s3.keep",
                        Quantity.of(deleted, "object"),
                        config.bucket());
            }
        } catch (S3Failure e) {
            nextSweepNanos = System.nanoTime() + SWEEP_RETRY_NANOS;
            if (hasSwept) {
                LOG.warn(
                        "Old objects of bucket {} cannot be deleted: {}; retrying every ten minutes",
                        config.bucket(),
                        e.getMessage());
            }
            hasSwept = false;
        }
    }

    @Override
    public void failed(String problem) {
        LOG.warn(
                "Snapshots and clips are not copied to the object storage: {}; {} waiting, retried with back-off",
                problem,
                Quantity.of(queue.waiting(), "file"));
    }

    @Override
    public void recovered() {
        LOG.info(
                "Snapshots and clips are copied to the object storage again; {} waiting",
                Quantity.of(queue.waiting(), "file"));
    }

    @Override
    public void disconnect() {
        storage.close();
    }

    @Override
    public void abort() {
        storage.close();
    }

    @Override
    public void close() {
        thread.close();
    }
}
