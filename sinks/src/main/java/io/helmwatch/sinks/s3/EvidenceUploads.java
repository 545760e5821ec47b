package io.helmwatch.sinks.s3;

import io.helmwatch.config.incident.IncidentsConfig;
import io.helmwatch.config.incident.S3Config;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.delivery.DeliveryThread;
import io.helmwatch.sinks.evidence.EvidenceCopies;
import io.helmwatch.sinks.sqlite.SqliteException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies snapshots and clips to object storage. The files lie in their folders first; their names wait in a queue on disk until the storage has
 * them, so that neither an outage of the storage nor the death of the process loses one, and neither is waited for by anybody.
 *
 * <p>Threading: any thread. Ownership: queue, thread and connections; close it after the last snapshot and clip. What is waiting then is uploaded
 * after the next start.
 */
public final class EvidenceUploads implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EvidenceUploads.class);

    private final S3Config config;
    private final UploadQueue queue;
    private final UploadStatistics statistics;
    private final Uploader uploader;
    private final Closer owned = new Closer();

    /**
     * Opens the queue and starts to upload what is in it.
     *
     * @param config the storage
     * @param incidents where the files and the queue are
     * @throws SqliteException when the queue cannot be used, in one sentence
     */
    public EvidenceUploads(S3Config config, IncidentsConfig incidents, Clock clock) {
        this(config, incidents, S3Storage.Limits.BACKGROUND, DeliveryThread.Pauses.USUAL, clock);
    }

    EvidenceUploads(
            S3Config config,
            IncidentsConfig incidents,
            S3Storage.Limits limits,
            DeliveryThread.Pauses pauses,
            Clock clock) {
        this.config = config;
        Map<EvidenceKind, Path> folders = folders(incidents);
        try (Closer opened = new Closer()) {
            queue = opened.register(new UploadQueue(incidents.spool(), clock));
            statistics = new UploadStatistics(queue);
            S3Storage storage = new S3Storage(config, limits);
            uploader = opened.register(new Uploader(config, queue, storage, folders, statistics, pauses, clock));
            owned.register(opened.transfer());
        }
    }

    /** Where files are before they are copied. */
    static Map<EvidenceKind, Path> folders(IncidentsConfig incidents) {
        return Map.of(
                EvidenceKind.SNAPSHOTS, incidents.snapshots().directory(),
                EvidenceKind.CLIPS, incidents.clips().directory());
    }

    /** Where the files of a folder are copied to. */
    public EvidenceCopies copies(EvidenceKind kind) {
        return new EvidenceCopies() {
            @Override
            public Announcement announce(List<NewFile> files) {
                return EvidenceUploads.this.announce(kind, files);
            }

            @Override
            public String url(String path) {
                return "s3://" + config.bucket() + "/" + kind.key(config.prefix(), path);
            }
        };
    }

    private EvidenceCopies.Announcement announce(EvidenceKind kind, List<EvidenceCopies.NewFile> files) {
        try {
            if (!queue.add(kind, files)) {
                refuse(files.size(), "the queue is full: incidents.spool.max-bytes is reached");
                return EvidenceCopies.Announcement.NOTHING;
            }
        } catch (SqliteException e) {
            refuse(files.size(), String.valueOf(e.getMessage()));
            return EvidenceCopies.Announcement.NOTHING;
        }
        statistics.accept();
        return new Announced(kind, files);
    }

    private void refuse(int files, String reason) {
        if (statistics.refuse(files)) {
            LOG.error(
                    "Snapshots and clips are not copied to the object storage, they stay on this machine: {}", reason);
        }
    }

    private final class Announced implements EvidenceCopies.Announcement {
        private final EvidenceKind kind;
        private final List<EvidenceCopies.NewFile> files;
        private boolean confirmed;

        Announced(EvidenceKind kind, List<EvidenceCopies.NewFile> files) {
            this.kind = kind;
            this.files = List.copyOf(files);
        }

        @Override
        public void confirm() {
            confirmed = true;
            queue.confirm(kind, files);
        }

        @Override
        public void close() {
            if (!confirmed) {
                try {
                    queue.withdraw(kind, files);
                } catch (SqliteException e) {
                    LOG.warn("{}; the uploads of files that were not stored are skipped later", e.getMessage());
                }
            }
        }
    }

    /** Why the storage takes nothing, one sentence without secrets; empty while it does. */
    public String problem() {
        return uploader.problem();
    }

    /** Numbers of this run, and what waits. */
    public UploadStatistics statistics() {
        return statistics;
    }

    @Override
    public void close() {
        owned.close();
    }
}
