package io.helmwatch.sinks.spool;

import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.resource.Closer;
import io.helmwatch.resource.FolderAccess;
import io.helmwatch.resource.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The SQLite file of the spool, readable by its owner only: opens it in write-ahead mode, checks and migrates it, and moves a damaged
 * one aside.
 *
 * <p>Threading: one thread at a time. Ownership: one process; a second one is refused.
 */
final class SpoolFile implements AutoCloseable {
    static final String NAME = "incidents.db";

    private static final Logger LOG = LoggerFactory.getLogger(SpoolFile.class);
    private static final String LOG_SUFFIX = "-wal";
    private static final String DAMAGED_PREFIX = "damaged-";

    private final Path file;
    private final Connection connection;
    private @Nullable Path damaged;
    private boolean wasEmpty;

    /**
     * Opens the file; it and its directory are created when missing.
     *
     * @param nowMillis used to name a damaged file
     * @throws SpoolException when the directory cannot be used, another process uses it, or a newer version wrote the file
     */
    SpoolFile(SpoolConfig config, long nowMillis) {
        this.file = config.directory().resolve(NAME);
        try {
            PrivateFiles.createDirectories(config.directory());
            connection = openChecked(config, nowMillis);
        } catch (IOException | SQLException e) {
            throw failure("cannot be opened", e);
        }
    }

    private Connection openChecked(SpoolConfig config, long nowMillis) throws SQLException, IOException {
        if (Files.exists(file) && Files.size(file) == 0) {
            if (Files.exists(sibling(file, LOG_SUFFIX)) && Files.size(sibling(file, LOG_SUFFIX)) > 0) {
                moveAside(config.directory(), nowMillis);
            } else {
                wasEmpty = true;
                LOG.warn("Spool file {} has zero length: messages that it held are lost; started an empty spool", file);
            }
        }
        try (Closer opened = new Closer()) {
            Connection candidate = opened.register(connect(config));
            if (isIntact(candidate)) {
                requireKnownVersion(candidate);
                SpoolSchema.apply(candidate);
                opened.transfer();
                return candidate;
            }
        }
        moveAside(config.directory(), nowMillis);
        try (Closer opened = new Closer()) {
            Connection candidate = opened.register(connect(config));
            SpoolSchema.apply(candidate);
            opened.transfer();
            return candidate;
        }
    }

    private void moveAside(Path directory, long nowMillis) throws IOException {
        Path aside = directory.resolve(DAMAGED_PREFIX + nowMillis + ".db");
        Path log = sibling(file, LOG_SUFFIX);
        Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
        if (Files.exists(log)) {
            Files.move(log, sibling(aside, LOG_SUFFIX), StandardCopyOption.REPLACE_EXISTING);
        }
        damaged = aside;
    }

    private static Path sibling(Path path, String suffix) {
        return path.resolveSibling(path.getFileName() + suffix);
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

    private void requireKnownVersion(Connection candidate) throws SQLException {
        int version = SpoolSchema.version(candidate);
        if (version > SpoolSchema.VERSION) {
            throw new SpoolException(
                    "incident spool " + file + " was written by a newer version of Helmwatch (schema " + version
                            + ", expected at most " + SpoolSchema.VERSION
                            + "): install that version, or set another incidents.spool.directory",
                    null);
        }
    }

    private Connection connect(SpoolConfig config) throws SQLException, IOException {
        PrivateFiles.createOrRestrict(file);
        PrivateFiles.restrict(sibling(file, LOG_SUFFIX));
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
        return message.contains("SQLITE_CORRUPT")
                || message.contains("SQLITE_NOTADB")
                || message.contains("SQLITE_IOERR_SHORT_READ");
    }

    /** The damaged file that this one replaces; null when the file was intact. */
    @Nullable
    Path damaged() {
        return damaged;
    }

    /** Whether the file existed with zero length. */
    boolean wasEmpty() {
        return wasEmpty;
    }

    /** All damaged files of a directory, oldest first. */
    static List<Path> damagedFiles(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(path -> path.getFileName().toString().matches(DAMAGED_PREFIX + "\\d+\\.db"))
                    .sorted()
                    .toList();
        }
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
                            + " is used by another process: stop it, or give each its own incidents.spool.directory",
                    cause);
        }
        if (message.contains("SQLITE_FULL") || message.contains("No space left")) {
            return new SpoolException(
                    "incident spool " + file + " " + what
                            + ": the disk is full; free space, it recovers without a restart",
                    cause);
        }
        String access = FolderAccess.problem(file.resolveSibling(""));
        if (!access.isEmpty()) {
            return new SpoolException(
                    "incident spool " + file + " " + what + ": " + access
                            + "; set incidents.spool.directory, which is relative"
                            + " to the configuration's folder, to a folder that this user can write",
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
