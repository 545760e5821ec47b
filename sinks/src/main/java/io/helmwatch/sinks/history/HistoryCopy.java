package io.helmwatch.sinks.history;

import io.helmwatch.config.http.DeskConfig;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.sqlite.SqliteException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A copy of a history, to be read while a service writes the original. The copy is taken again when the original changed meanwhile.
 *
 * <p>Threading: one thread. Ownership: owns the copy, which is removed when it is closed.
 */
public final class HistoryCopy implements AutoCloseable {
    private static final int ATTEMPTS = 20;
    private static final long RETRY_MILLIS = 50;

    private final Closer owned = new Closer();
    private final IncidentHistory history;

    /**
     * Copies the history of a configuration.
     *
     * @throws SqliteException in one sentence, when there is none or it cannot be read
     */
    public HistoryCopy(DeskConfig config) {
        Path original = config.directory().resolve(HistoryTables.FILE);
        if (!Files.isRegularFile(original)) {
            throw new SqliteException(
                    "incident history " + original
                            + ": there is no such file; the service writes it where http is enabled, into desk.directory",
                    null);
        }
        try (Closer opened = new Closer()) {
            Path folder = Files.createTempDirectory("helmwatch-history");
            opened.register(() -> delete(folder));
            copy(original, folder);
            history = opened.register(IncidentHistory.ofCopy(config.withDirectory(folder), Clock.systemUTC()));
            owned.register(opened.transfer());
        } catch (IOException e) {
            throw new SqliteException("incident history " + original + " cannot be copied: " + e.getMessage(), e);
        }
    }

    private static void copy(Path original, Path folder) throws IOException {
        List<Path> files = List.of(original, original.resolveSibling(HistoryTables.FILE + "-wal"));
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

    /** The copy; valid until this is closed. */
    public IncidentHistory history() {
        return history;
    }

    @Override
    public void close() {
        owned.close();
    }
}
