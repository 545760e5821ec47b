package io.helmwatch.sinks.sqlite;

import io.helmwatch.resource.Closer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A copy of an SQLite file and its log in a folder of its own, to be read while a service writes the original. The copy is taken again when the
 * original changed meanwhile.
 *
 * <p>Threading: one thread. Ownership: owns the folder, which is removed when it is closed.
 */
public final class SqliteCopy implements AutoCloseable {
    private static final int ATTEMPTS = 20;
    private static final long RETRY_MILLIS = 50;

    private final Closer owned = new Closer();
    private final Path folder;

    /**
     * Copies a file.
     *
     * @throws IOException when it cannot be read, or is written all the time
     */
    public SqliteCopy(Path original) throws IOException {
        try (Closer opened = new Closer()) {
            folder = Files.createTempDirectory("helmwatch-copy");
            opened.register(() -> delete(folder));
            copy(original);
            owned.register(opened.transfer());
        }
    }

    /** Where the copy is, under the name of the original. */
    public Path folder() {
        return folder;
    }

    private void copy(Path original) throws IOException {
        List<Path> files = List.of(original, original.resolveSibling(original.getFileName() + "-wal"));
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            String before = state(files);
            for (Path file : files) {
                Path copy = folder.resolve(file.getFileName());
                Files.deleteIfExists(copy);
                if (Files.exists(file)) {
                    Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
                }
            }
            if (before.equals(state(files))) {
                return;
            }
            try {
                Thread.sleep(RETRY_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
        }
        throw new IOException("it is written all the time; try again");
    }

    private static String state(List<Path> files) throws IOException {
        StringBuilder state = new StringBuilder();
        for (Path file : files) {
            if (Files.exists(file)) {
                state.append(Files.size(file)).append('@').append(Files.getLastModifiedTime(file));
            }
            state.append(';');
        }
        return state.toString();
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    @Override
    public void close() {
        owned.close();
    }
}
