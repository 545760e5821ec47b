package io.helmwatch.sinks.history;

import io.helmwatch.config.http.DeskConfig;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.sqlite.SqliteCopy;
import io.helmwatch.sinks.sqlite.SqliteException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;

/**
 * A copy of a history, to be read while a service writes the original.
 *
 * <p>Threading: one thread. Ownership: owns the copy, which is removed when it is closed.
 */
public final class HistoryCopy implements AutoCloseable {
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
            SqliteCopy copy = opened.register(new SqliteCopy(original));
            history = opened.register(IncidentHistory.ofCopy(config.withDirectory(copy.folder()), Clock.systemUTC()));
            owned.register(opened.transfer());
        } catch (IOException e) {
            throw new SqliteException("incident history " + original + " cannot be copied: " + e.getMessage(), e);
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
