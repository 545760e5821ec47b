package io.helmwatch.resource;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Replaces a file as a whole or not at all: the bytes go to a temporary file in the same directory, which is renamed over the
 * target. Temporary files are readable by their owner only, and so is the target.
 *
 * <p>Threading: any thread; of several writers of one file the last rename wins.
 */
public final class AtomicFile {
    private AtomicFile() {}

    /** Whether the bytes survive a power cut once the call returned. */
    public enum Durability {
        /** Written to the page cache: enough for what can be computed again. */
        CACHED,
        /** Synchronised to the device before the rename. */
        SYNCED
    }

    /**
     * Replaces {@code file} by {@code content}; missing directories are created.
     *
     * @throws IOException when nothing was replaced; no temporary file remains
     */
    public static void replace(Path file, byte[] content, Durability durability) throws IOException {
        replace(file, durability, temporary -> Files.write(temporary, content));
    }

    /** Replaces {@code file} by all of {@code content}, which is read to its end and not closed. */
    public static void replace(Path file, InputStream content, Durability durability) throws IOException {
        replace(file, durability, temporary -> Files.copy(content, temporary, StandardCopyOption.REPLACE_EXISTING));
    }

    private interface Writer {
        void write(Path temporary) throws IOException;
    }

    private static void replace(Path file, Durability durability, Writer writer) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        Path name = file.getFileName();
        if (directory == null || name == null) {
            throw new IOException(file + " is not a file");
        }
        Files.createDirectories(directory);
        Path temporary = Files.createTempFile(directory, name.toString(), ".part");
        try {
            writer.write(temporary);
            if (durability == Durability.SYNCED) {
                try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                    channel.force(true);
                }
            }
            try {
                Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING);
            }
        } finally {
            Files.deleteIfExists(temporary);
        }
    }
}
