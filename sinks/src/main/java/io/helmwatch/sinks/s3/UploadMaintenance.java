package io.helmwatch.sinks.s3;

import io.helmwatch.config.incident.IncidentsConfig;
import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.resource.Quantity;
import io.helmwatch.sinks.sqlite.SqliteCopy;
import io.helmwatch.sinks.sqlite.SqliteException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What an operator does with the queue of copies for the object storage: look into it, and send again what was refused for good.
 *
 * <p>Reading works on a copy, also while a service uses the queue; changing needs the queue for itself. Failures are {@link SqliteException}s of
 * one sentence. Threading: any thread.
 */
public final class UploadMaintenance {
    private UploadMaintenance() {}

    /**
     * A file of the queue.
     *
     * @param name its kind and its path: {@code clips/gate-3/2026-11-20/…}
     * @param bytes its size
     */
    public record Copy(String name, long bytes) {}

    /**
     * A file that the storage refused for good.
     *
     * @param copy the file
     * @param atMillis when it was refused, milliseconds since 1970 UTC
     * @param reason why, one sentence without secrets
     */
    public record Refused(Copy copy, long atMillis, String reason) {}

    /**
     * What a queue holds.
     *
     * @param waiting files that wait, in the order of uploads
     * @param rejected files that were refused for good, oldest first
     */
    public record Contents(List<Copy> waiting, List<Refused> rejected) {
        /** Keeps its own copies. */
        public Contents {
            waiting = List.copyOf(waiting);
            rejected = List.copyOf(rejected);
        }

        /** Whether there is nothing. */
        public boolean isEmpty() {
            return waiting.isEmpty() && rejected.isEmpty();
        }

        /** Their numbers, as a phrase. */
        public String counts() {
            return Quantity.of(waiting.size(), "copy", "copies") + " waiting, " + rejected.size() + " rejected";
        }
    }

    /**
     * What was sent again.
     *
     * @param returned files that wait again
     * @param gone files that are not in their folder any more, and are forgotten
     */
    public record Resent(int returned, int gone) {}

    /** Lists the contents of a queue; of one that does not exist, nothing. */
    public static Contents list(SpoolConfig config) {
        Path file = config.directory().resolve(UploadQueue.FILE);
        if (!Files.isRegularFile(file)) {
            return new Contents(List.of(), List.of());
        }
        try (SqliteCopy copy = new SqliteCopy(file);
                UploadQueue queue = new UploadQueue(config.withDirectory(copy.folder()), Clock.systemUTC())) {
            return new Contents(
                    queue.next(Integer.MAX_VALUE).stream()
                            .map(upload -> new Copy(upload.name(), upload.bytes()))
                            .toList(),
                    queue.rejected().stream()
                            .map(refused -> new Refused(
                                    new Copy(
                                            refused.upload().name(),
                                            refused.upload().bytes()),
                                    refused.atMillis(),
                                    refused.reason()))
                            .toList());
        } catch (IOException e) {
            throw new SqliteException("upload queue " + file + " cannot be copied: " + e.getMessage(), e);
        }
    }

    /**
     * Returns files that were refused to the queue, from which the service sends them at its next start.
     *
     * @param names accepts the {@linkplain Copy#name names} of files to send
     */
    public static Resent resend(IncidentsConfig config, Clock clock, Predicate<String> names) {
        if (!Files.isRegularFile(config.spool().directory().resolve(UploadQueue.FILE))) {
            return new Resent(0, 0);
        }
        Map<EvidenceKind, Path> folders = EvidenceUploads.folders(config);
        try (UploadQueue queue = new UploadQueue(config.spool(), clock)) {
            Map<Boolean, List<Upload>> chosen = queue.rejected().stream()
                    .map(RejectedUploads.Rejected::upload)
                    .filter(upload -> names.test(upload.name()))
                    .collect(Collectors.partitioningBy(upload -> Files.exists(
                            Objects.requireNonNull(folders.get(upload.kind())).resolve(upload.path()))));
            List<Upload> again = Objects.requireNonNull(chosen.get(true));
            List<Upload> gone = Objects.requireNonNull(chosen.get(false));
            queue.resend(again, gone);
            return new Resent(again.size(), gone.size());
        }
    }
}
