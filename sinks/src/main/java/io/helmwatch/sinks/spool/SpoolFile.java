package io.helmwatch.sinks.spool;

import io.helmwatch.config.SpoolConfig;
import io.helmwatch.resource.Closer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The SQLite file of the spool: opens it in write-ahead mode, checks it and moves a damaged one aside.
 *
 * <p>Threading: one thread at a time. Ownership: one process; a second one is refused.
 */
final class SpoolFile implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SpoolFile.class);
    private static final String FILE = "incidents.db";

    private final Path file;
    private final Connection connection;

    /**
     * Opens the file; it and its directory are created when missing.
     *
     * @param nowMillis used to name a damaged file
     * @throws SpoolException when the directory cannot be used or another process uses it
     */
    SpoolFile(SpoolConfig config, long nowMillis) {
        this.file = config.directory().resolve(FILE);
        try {
            Files.createDirectories(config.directory());
            connection = openChecked(config, nowMillis);
        } catch (IOException | SQLException e) {
            throw failure("cannot be opened", e);
        }
    }

    private Connection openChecked(SpoolConfig config, long nowMillis) throws SQLException, IOException {
        try (Closer opened = new Closer()) {
            Connection candidate = opened.register(connect(config));
            if (isIntact(candidate)) {
                opened.transfer();
                return candidate;
            }
        }
        Path aside = config.directory().resolve("damaged-" + nowMillis + ".db");
        Files.move(file, aside);
        Files.deleteIfExists(config.directory().resolve(FILE + "-wal"));
        LOG.error("Spool file {} damaged: moved to {}; started an empty spool", file, aside.getFileName());
        return connect(config);
    }

    private static boolean isIntact(Connection candidate) throws SQLException {
        try (Statement statement = candidate.createStatement();
                ResultSet result = statement.executeQuery("pragma quick_check(1)")) {
            return result.next() && "ok".equals(result.getString(1));
        } catch (SQLException e) {
            if (isDamage(e)) {
                return false;
            }
            throw e;
        }
    }

    private Connection connect(SpoolConfig config) throws SQLException {
        try (Closer opened = new Closer()) {
            Connection candidate = opened.register(DriverManager.getConnection("jdbc:sqlite:" + file));
            try (Statement statement = candidate.createStatement()) {
                statement.execute("pragma busy_timeout=1000");
                // One process at a time; also keeps the index of the log out of the file system.
                statement.execute("pragma locking_mode=exclusive");
                statement.execute("pragma journal_mode=wal");
                statement.execute("pragma synchronous=" + (config.fsync() ? "full" : "normal"));
                // Checkpoints at one megabyte instead of four: the log has to fit on a small disk too.
                statement.execute("pragma wal_autocheckpoint=256");
                statement.execute("pragma journal_size_limit=1048576");
                statement.execute("create table if not exists event(position integer primary key autoincrement,"
                        + " id text not null unique, incident text not null, stream text not null, phase text not null,"
                        + " at_millis integer not null, value blob not null)");
                statement.execute("create table if not exists open_incident(incident text primary key,"
                        + " stream text not null, revision integer not null, value blob not null)");
            } catch (SQLException e) {
                if (!isDamage(e)) {
                    throw e;
                }
            }
            opened.transfer();
            return candidate;
        }
    }

    private static boolean isDamage(SQLException e) {
        String message = String.valueOf(e.getMessage());
        return message.contains("SQLITE_CORRUPT") || message.contains("SQLITE_NOTADB");
    }

    Statement createStatement() throws SQLException {
        return connection.createStatement();
    }

    PreparedStatement prepare(String sql) throws SQLException {
        return connection.prepareStatement(sql);
    }

    void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /**
     * Ends a failed transaction. SQLite has already rolled it back on a full disk. Since every commit, also of a deletion, needs
     * room in the log, the log is written into the file and truncated.
     */
    void rollBack() {
        for (String sql : new String[] {"rollback", "pragma wal_checkpoint(truncate)"}) {
            try {
                execute(sql);
            } catch (SQLException e) {
                LOG.debug("{}: {}", sql, e.getMessage());
            }
        }
    }

    /** A failure as one sentence: the file, what failed, why, and what to do. */
    SpoolException failure(String what, Exception cause) {
        String message = String.valueOf(cause.getMessage());
        if (message.contains("SQLITE_BUSY") || message.contains("SQLITE_LOCKED")) {
            return new SpoolException(
                    "incident spool " + file
                            + " is used by another process: give each process its own incidents.spool.directory",
                    cause);
        }
        if (message.contains("SQLITE_FULL") || message.contains("No space left")) {
            return new SpoolException(
                    "incident spool " + file + " " + what
                            + ": the disk is full; free space, it recovers without a restart",
                    cause);
        }
        return new SpoolException("incident spool " + file + " " + what + ": " + message, cause);
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.warn("{}", failure("cannot be closed", e).getMessage());
        }
    }
}
