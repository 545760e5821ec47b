package io.helmwatch.sinks.sqlite;

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
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One SQLite file in write-ahead mode, readable by its owner only. A damaged file is moved aside and an empty one started; a file that a newer
 * version wrote is refused.
 *
 * <p>A transaction that was committed survives the death of the process; a power cut may lose the latest ones, and never damages the file.
 *
 * <p>Threading: one thread at a time. Ownership: one process; a second one is refused.
 */
public final class SqliteFile implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SqliteFile.class);
    private static final String LOG_SUFFIX = "-wal";

    private final Description description;
    private final Path folder;
    private final Connection connection;

    /**
     * What a file is.
     *
     * @param file where it is; its folder is created when missing
     * @param name what messages call it, such as {@code incident history}
     * @param key the configuration's key of its folder
     * @param version version of its tables, at least 1
     * @param tables statements that create its tables where they are missing
     */
    public record Description(Path file, String name, String key, int version, List<String> tables) {
        /** Keeps its own copy of the statements. */
        public Description {
            tables = List.copyOf(tables);
        }
    }

    /**
     * Opens the file, created when missing.
     *
     * @param nowMillis names a damaged file
     * @throws SqliteException when its folder cannot be used, another process uses it, or a newer version wrote it
     */
    public SqliteFile(Description description, long nowMillis) {
        this.description = description;
        this.folder = Objects.requireNonNull(description.file().toAbsolutePath().getParent());
        try {
            PrivateFiles.createDirectories(folder);
            connection = openChecked(nowMillis);
        } catch (IOException | SQLException e) {
            throw failure("cannot be opened", e);
        }
    }

    private Connection openChecked(long nowMillis) throws SQLException, IOException {
        try (Closer opened = new Closer()) {
            Connection candidate = opened.register(connect());
            if (isIntact(candidate)) {
                requireKnownVersion(candidate);
                createTables(candidate);
                opened.transfer();
                return candidate;
            }
        }
        moveAside(nowMillis);
        try (Closer opened = new Closer()) {
            Connection candidate = opened.register(connect());
            createTables(candidate);
            opened.transfer();
            return candidate;
        }
    }

    private Connection connect() throws SQLException, IOException {
        Path file = description.file();
        PrivateFiles.createOrRestrict(file);
        PrivateFiles.restrict(sibling(file, LOG_SUFFIX));
        try (Closer opened = new Closer()) {
            Connection candidate = opened.register(DriverManager.getConnection("jdbc:sqlite:" + file));
            try (Statement statement = candidate.createStatement()) {
                statement.execute("pragma busy_timeout=1000");
                // One process at a time; also keeps the index of the log out of the file system.
                statement.execute("pragma locking_mode=exclusive");
                statement.execute("pragma auto_vacuum=incremental");
                statement.execute("pragma journal_mode=wal");
                statement.execute("pragma synchronous=normal");
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

    private static boolean isDamage(SQLException e) {
        String message = String.valueOf(e.getMessage());
        return message.contains("SQLITE_CORRUPT")
                || message.contains("SQLITE_NOTADB")
                || message.contains("SQLITE_IOERR_SHORT_READ");
    }

    private void requireKnownVersion(Connection candidate) throws SQLException {
        try (Statement statement = candidate.createStatement();
                ResultSet result = statement.executeQuery("pragma user_version")) {
            int version = result.next() ? result.getInt(1) : 0;
            if (version > description.version()) {
                throw new SqliteException(
                        description.name() + " " + description.file()
                                + " was written by a newer version of Helmwatch (schema " + version
                                + ", expected at most " + description.version()
                                + "): install that version, or set another "
                                + description.key(),
                        null);
            }
        }
    }

    private void createTables(Connection candidate) throws SQLException {
        try (Statement statement = candidate.createStatement()) {
            statement.execute("begin immediate");
            for (String table : description.tables()) {
                statement.execute(table);
            }
            statement.execute("pragma user_version=" + description.version());
            statement.execute("commit");
        }
    }

    private void moveAside(long nowMillis) throws IOException {
        Path file = description.file();
        Path aside = file.resolveSibling("damaged-" + nowMillis + "-" + file.getFileName());
        Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
        Path log = sibling(file, LOG_SUFFIX);
        if (Files.exists(log)) {
            Files.move(log, sibling(aside, LOG_SUFFIX), StandardCopyOption.REPLACE_EXISTING);
        }
        LOG.error(
                "File of the {} {} damaged: moved to {}; started an empty one",
                description.name(),
                file,
                aside.getFileName());
    }

    private static Path sibling(Path path, String suffix) {
        return path.resolveSibling(path.getFileName() + suffix);
    }

    /** A statement that is executed several times; closed by the caller. */
    public PreparedStatement prepare(String sql) throws SQLException {
        return connection.prepareStatement(sql);
    }

    /** Executes a statement without parameters. */
    public void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The one number that a query returns; 0 for none. */
    public long number(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            return result.next() ? result.getLong(1) : 0;
        }
    }

    /** Work that is done as a whole or not at all. */
    public interface Work {
        /** Does it. */
        void run() throws SQLException;
    }

    /** Does work in one transaction, which is rolled back when it fails. */
    public void transaction(Work work) throws SQLException {
        execute("begin immediate");
        try {
            work.run();
            execute("commit");
        } catch (SQLException | RuntimeException e) {
            rollBack();
            throw e;
        }
    }

    /** SQLite has already rolled back on a full disk; the log is written into the file, since every commit needs room in it. */
    private void rollBack() {
        for (String sql : new String[] {"rollback", "pragma wal_checkpoint(truncate)"}) {
            try {
                execute(sql);
            } catch (SQLException e) {
                LOG.debug("{}: {}", sql, e.getMessage());
            }
        }
    }

    /** Size of the content, bytes; pages that can be used again do not count. */
    public long usedBytes() throws SQLException {
        return (number("pragma page_count") - number("pragma freelist_count")) * number("pragma page_size");
    }

    /** A failure as one sentence: the file, what failed, why, and what to do. */
    public SqliteException failure(String what, Exception cause) {
        String message = String.valueOf(cause.getMessage());
        String subject = description.name() + " " + description.file() + " ";
        if (message.contains("SQLITE_BUSY") || message.contains("SQLITE_LOCKED")) {
            return new SqliteException(
                    subject + "is used by another process: stop it, or give each its own " + description.key(), cause);
        }
        if (message.contains("SQLITE_FULL") || message.contains("No space left")) {
            return new SqliteException(
                    subject + what + ": the disk is full; free space, it recovers without a restart", cause);
        }
        String access = FolderAccess.problem(folder);
        if (!access.isEmpty()) {
            return new SqliteException(
                    subject + what + ": " + access + "; set " + description.key()
                            + ", which is relative to the configuration's folder, to a folder that this user can write",
                    cause);
        }
        return new SqliteException(subject + what + ": " + message, cause);
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
