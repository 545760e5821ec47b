package io.helmwatch.sinks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A file to which whole blocks of lines are appended. A failed append leaves no partial line. A file that was moved away, as log
 * rotation does, is created again within a second.
 *
 * <p>Threading: one thread at a time.
 */
final class LineFile implements AutoCloseable {
    private static final long EXISTENCE_CHECK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Path path;
    private @Nullable FileChannel channel;
    private long checkedNanos = System.nanoTime();

    /** Opens the file; it and its directories are created when missing. */
    LineFile(Path path) throws IOException {
        this.path = path;
        this.channel = open(path);
    }

    /** Appends all bytes, or none when it fails. */
    void append(ByteBuffer bytes) throws IOException {
        FileChannel open = current();
        long before = open.size();
        try {
            while (bytes.hasRemaining()) {
                open.write(bytes);
            }
        } catch (IOException e) {
            try {
                open.truncate(before);
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    private FileChannel current() throws IOException {
        long now = System.nanoTime();
        if (channel != null && now - checkedNanos > EXISTENCE_CHECK_NANOS) {
            checkedNanos = now;
            if (!Files.exists(path)) {
                close();
            }
        }
        FileChannel open = channel;
        if (open == null) {
            open = open(path);
            channel = open;
        }
        return open;
    }

    private static FileChannel open(Path file) throws IOException {
        Path directory = file.getParent();
        if (directory != null) {
            Files.createDirectories(directory);
        }
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    }

    @Override
    public void close() throws IOException {
        FileChannel open = channel;
        channel = null;
        if (open != null) {
            open.close();
        }
    }
}
