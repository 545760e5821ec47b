package io.helmwatch.sinks.sqlite;

import io.helmwatch.resource.Closer;
import io.helmwatch.resource.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens an SQLite file: checks it, moves a damaged one aside, and applies its tables. Threading: one thread. */
final class SqliteOpening {
    private static final Logger LOG = LoggerFactory.getLogger(SqliteOpening.class);
    private static final String LOG_SUFFIX = "-wal";

    private final SqliteFile.Description description;
    private @Nullable Path damaged;
    private boolean wasEmpty;

    SqliteOpening(SqliteFile.Description description) {
        this.description = description;
    }

    /** The damaged file that was moved aside; null when there was none. */
    @Nullable
    Path damaged() {
        return damaged;
    }

    /** Whether the file existed with zero length. */
    boolean wasEmpty() {
        return wasEmpty;
    }

    /** Opens it with its tables; a damaged one is moved aside first. */
    Connection open(long nowMillis) throws SQLException, IOException {
        Path file = description.file();
        if (Files.exists(file) && Files.size(file) == 0) {
            Path log = sibling(file, LOG_SUFFIX);
            if (Files.exists(log) && Files.size(log) > 0) {
                moveAside(nowMillis);
            } else {
                wasEmpty = true;
                LOG.warn(
                        "File of the {} {} has zero length: what it held is lost; started an empty one",
                        description.name(),
                        file);
            }
        }
        try (Closer opened = new Closer()) {
            Connection candidate = opened.register(connect());
            if (isIntact(candidate)) {
                applySchema(candidate);
                opened.transfer();
                return candidate;
            }
        }
        moveAside(nowMillis);
        try (Closer opened = new Closer()) {
            Connection candidate = opened.register(connect());
            applySchema(candidate);
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
                for (String pragma : description.pragmas()) {
                    statement.execute("pragma " + pragma);
                }
                statement.execute("pragma journal_mode=wal");
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

    private void applySchema(Connection candidate) throws SQLException {
        try (Statement statement = candidate.createStatement()) {
            int found = version(statement);
            int known = description.schema().version();
            if (found > known) {
                throw new SqliteException(
                        description.name() + " " + description.file()
                                + " was written by a newer version of Helmwatch (schema " + found
                                + ", expected at most " + known
                                + "): install that version, or set another "
                                + description.key(),
                        null);
            }
            statement.execute("begin immediate");
            description.schema().apply(statement, found);
            statement.execute("pragma user_version=" + known);
            statement.execute("commit");
        }
    }

    private static int version(Statement statement) throws SQLException {
        try (ResultSet result = statement.executeQuery("pragma user_version")) {
            return result.next() ? result.getInt(1) : 0;
        }
    }

    private void moveAside(long nowMillis) throws IOException {
        Path file = description.file();
        Path aside = file.resolveSibling(String.format(Locale.ROOT, description.damagedName(), nowMillis));
        Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
        Path log = sibling(file, LOG_SUFFIX);
        if (Files.exists(log)) {
            Files.move(log, sibling(aside, LOG_SUFFIX), StandardCopyOption.REPLACE_EXISTING);
        }
        damaged = aside;
        LOG.error(
                "File of the {} {} damaged: moved to {}; started an empty one",
                description.name(),
                file,
                aside.getFileName());
    }

    private static Path sibling(Path path, String suffix) {
        return path.resolveSibling(path.getFileName() + suffix);
    }
}
