package io.helmwatch.pipeline.desk;

import io.helmwatch.config.incident.ClipConfig;
import io.helmwatch.config.incident.IncidentsConfig;
import io.helmwatch.config.incident.SnapshotConfig;
import io.helmwatch.sinks.s3.EvidenceKind;
import io.helmwatch.sinks.s3.S3Archive;
import io.helmwatch.sinks.s3.S3Failure;
import io.helmwatch.web.Incidents;
import io.helmwatch.web.RefusedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Images and videos of incidents: from their folder, or where they are deleted there, from the object storage.
 *
 * <p>Threading: any thread. Ownership: owns the connection to the storage.
 */
final class DeskEvidence implements AutoCloseable {
    private final SnapshotConfig snapshots;
    private final ClipConfig clips;
    private final @Nullable S3Archive archive;

    /** Connects to the storage with the first file that is not in its folder. */
    DeskEvidence(IncidentsConfig config) {
        snapshots = config.snapshots();
        clips = config.clips();
        archive = config.s3() == null ? null : new S3Archive(config.s3());
    }

    /** An image as a whole, by its published path; empty where it is gone. */
    Optional<byte[]> snapshot(@Nullable String published) {
        return published == null
                ? Optional.empty()
                : content(EvidenceKind.SNAPSHOTS, snapshots.directory(), path(snapshots.urlPrefix(), published));
    }

    /** A sidecar as a whole, by its published path; empty where it is gone. */
    Optional<byte[]> sidecar(String published) {
        return content(EvidenceKind.CLIPS, clips.directory(), path(clips.urlPrefix(), published));
    }

    /** A video, by its published path; empty where it is gone. */
    Optional<Incidents.ClipFile> clip(String published) {
        String path = path(clips.urlPrefix(), published);
        Path file = file(clips.directory(), path);
        try {
            if (file != null) {
                return Optional.of(
                        new Incidents.ClipFile(Files.size(file), (first, length) -> read(file, first, length)));
            }
        } catch (IOException e) {
            // Deleted meanwhile.
        }
        return copiedClip(path);
    }

    private Optional<Incidents.ClipFile> copiedClip(String path) {
        S3Archive copies = archive;
        if (copies == null) {
            return Optional.empty();
        }
        OptionalLong size = ask(() -> copies.size(EvidenceKind.CLIPS, path));
        return size.isEmpty()
                ? Optional.empty()
                : Optional.of(new Incidents.ClipFile(
                        size.getAsLong(),
                        (first, length) -> ask(() -> copies.read(EvidenceKind.CLIPS, path, first, length))));
    }

    private Optional<byte[]> content(EvidenceKind kind, Path directory, String path) {
        Path file = file(directory, path);
        try {
            if (file != null) {
                return Optional.of(Files.readAllBytes(file));
            }
        } catch (IOException e) {
            // Deleted meanwhile.
        }
        S3Archive copies = archive;
        return copies == null ? Optional.empty() : ask(() -> copies.read(kind, path));
    }

    private interface Question<T> {
        T ask() throws S3Failure;
    }

    private static <T> T ask(Question<T> question) {
        try {
            return question.ask();
        } catch (S3Failure e) {
            throw RefusedException.unavailable(String.valueOf(e.getMessage()));
        }
    }

    private static byte[] read(Path file, long first, int length) {
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer part = ByteBuffer.allocate(length);
            while (part.hasRemaining() && channel.read(part, first + part.position()) >= 0) {
                // One read may return less.
            }
            return Arrays.copyOf(part.array(), part.position());
        } catch (IOException e) {
            throw RefusedException.notFound("the clip was deleted meanwhile");
        }
    }

    /** The path below the folder of a published one. */
    private static String path(@Nullable String prefix, String published) {
        return prefix != null && published.startsWith(prefix) ? published.substring(prefix.length()) : published;
    }

    /** A file; null where it is gone, or would lie outside its folder. */
    private static @Nullable Path file(Path directory, String path) {
        try {
            Path folder = directory.toRealPath();
            Path file = folder.resolve(path).toRealPath();
            return file.startsWith(folder) && Files.isRegularFile(file) ? file : null;
        } catch (IOException | InvalidPathException e) {
            return null;
        }
    }

    @Override
    public void close() {
        if (archive != null) {
            archive.close();
        }
    }
}
