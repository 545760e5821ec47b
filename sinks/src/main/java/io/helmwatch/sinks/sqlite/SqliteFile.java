package io.helmwatch.sinks.sqlite;

import io.helmwatch.resource.FolderAccess;
import io.helmwatch.resource.PrivateFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One SQLite file in write-ahead mode, readable by its owner only. A damaged file is moved aside and an empty one started; a file that a newer
 * version wrote is refused.
 *
 * <p>A transaction that was committed survives the death of the process; with {@code synchronous=full} also a power cut, which otherwise may lose the
 * latest ones and never damages the file.
 *
 * <p>Threading: one thread at a time. Ownership: one process; a second one is refused.
 */
public final class SqliteFile implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SqliteFile.class);

    private final Description description;
    private final Path folder;
    private final SqliteOpening opening;
    private final Connection connection;
    private volatile boolean closed;

    /** The tables of a file. */
    public interface Schema {
        /** Their version, at least 1. */
        int version();

        /**
         * Creates tables that are missing, or migrates those of an older version, within a transaction of the caller.
         *
         * @param found version of the file; 0 for a new one
         */
        void apply(Statement statement, int found) throws SQLException;
    }

    /**
     * What a file is.
     *
     * @param file where it is; its folder is created when missing
     * @param name what messages call it, such as {@code incident history}
     * @param key the configuration's key of its folder
     * @param schema its tables
     * @param pragmas how it is stored, such as {@code synchronous=normal}
     * @param damagedName file name of a damaged one, with {@code %d} for the time
     */
    public record Description(
            Path file, String name, String key, Schema schema, List<String> pragmas, String damagedName) {
        /** Keeps its own copy of the pragmas. */
        public Description {
            pragmas = List.copyOf(pragmas);
        }

        /**
         * A file whose freed pages are returned to the disk on request, and which may lose its latest transactions in a power cut.
         *
         * @param version version of its tables, at least 1
         * @param tables statements that create its tables where they are missing
         */
        public Description(Path file, String name, String key, int version, List<String> tables) {
            this(
                    file,
                    name,
                    key,
                    new Tables(version, tables),
                    List.of("auto_vacuum=incremental", "synchronous=normal"),
                    "damaged-%d-" + file.getFileName());
        }
    }

    /**
     * Tables that have had one version so far.
     *
     * @param version at least 1
     * @param statements create tables where they are missing
     */
    public record Tables(int version, List<String> statements) implements Schema {
        /** Keeps its own copy. */
        public Tables {
            statements = List.copyOf(statements);
        }

        @Override
        public void apply(Statement statement, int found) throws SQLException {
            for (String table : statements) {
                statement.execute(table);
            }
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
        this.opening = new SqliteOpening(description);
        this.folder = Objects.requireNonNull(description.file().toAbsolutePath().getParent());
        try {
            PrivateFiles.createDirectories(folder);
            connection = opening.open(nowMillis);
        } catch (IOException | SQLException e) {
            throw failure("cannot be opened", e);
        }
    }

    /** The damaged file that this one replaces; null when the file was intact. */
    public @Nullable Path damaged() {
        return opening.damaged();
    }

    /** Whether the file existed with zero length. */
    public boolean wasEmpty() {
        return opening.wasEmpty();
    }

    /** A statement, closed by the caller. */
    public Statement createStatement() throws SQLException {
        return connection.createStatement();
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

    /** Work on the file. */
    public interface Work {
        /** Does it. */
        void run() throws SQLException;
    }

    /** Work on the file that has a result. */
    public interface Query<T> {
        /** Does it. */
        T run() throws SQLException;
    }

    /**
     * Reads from the file.
     *
     * @throws SqliteException when it cannot be read, or is closed
     */
    public <T> T read(Query<T> query) {
        return call("cannot be read", query);
    }

    /**
     * Changes the file in one transaction.
     *
     * @throws SqliteException when nothing was changed, or the file is closed
     */
    public <T> T write(Query<T> changes) {
        return call("cannot be written", () -> transaction(changes));
    }

    /**
     * Changes the file in one transaction.
     *
     * @throws SqliteException when nothing was changed, or the file is closed
     */
    public void write(Work changes) {
        run("cannot be written", () -> transaction(changes));
    }

    /**
     * Does work and turns its failure into a sentence.
     *
     * @param what what cannot be done otherwise, such as {@code cannot be written}
     * @throws SqliteException when it failed, or the file is closed
     */
    public void run(String what, Work work) {
        call(what, asQuery(work));
    }

    private static Query<Boolean> asQuery(Work work) {
        return () -> {
            work.run();
            return true;
        };
    }

    private <T> T call(String what, Query<T> query) {
        if (closed) {
            throw new SqliteException(
                    description.name() + " " + description.file() + " is closed: the service is ending", null);
        }
        try {
            return query.run();
        } catch (SQLException e) {
            throw failure(what, e);
        }
    }

    /** Does work in one transaction, which is rolled back when it fails. */
    public void transaction(Work work) throws SQLException {
        transaction(asQuery(work));
    }

    private <T> T transaction(Query<T> query) throws SQLException {
        execute("begin immediate");
        try {
            T result = query.run();
            execute("commit");
            return result;
        } catch (SQLException | RuntimeException e) {
            rollBack();
            throw e;
        }
    }

    /**
     * Ends a failed transaction. SQLite has already rolled it back on a full disk. Since every commit, also of a deletion, needs room in the
     * log, the log is written into the file and truncated.
     */
    public void rollBack() {
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
        closed = true;
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.warn("{}", failure("cannot be closed", e).getMessage());
        }
    }
}
