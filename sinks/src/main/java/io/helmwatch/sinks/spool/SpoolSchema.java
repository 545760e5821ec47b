package io.helmwatch.sinks.spool;

import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.sinks.sqlite.SqliteFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Stream;

/**
 * The file of a spool and its tables. Version 1 was written without a number.
 *
 * <p>Threading: any thread.
 */
final class SpoolSchema implements SqliteFile.Schema {
    static final String FILE = "incidents.db";

    private static final int VERSION = 2;
    private static final String DAMAGED_NAME = "damaged-%d.db";
    private static final String DAMAGED_PATTERN = "damaged-\\d+\\.db";

    private SpoolSchema() {}

    /**
     * Opens the file; it and its directory are created when missing.
     *
     * @param nowMillis used to name a damaged file
     * @throws io.helmwatch.sinks.sqlite.SqliteException when the directory cannot be used, another process uses it, or a newer version wrote it
     */
    static SqliteFile open(SpoolConfig config, long nowMillis) {
        return new SqliteFile(
                new SqliteFile.Description(
                        config.directory().resolve(FILE),
                        "incident spool",
                        "incidents.spool.directory",
                        new SpoolSchema(),
                        List.of("synchronous=" + (config.fsync() ? "full" : "normal")),
                        DAMAGED_NAME),
                nowMillis);
    }

    /** All damaged files of a directory, oldest first. */
    static List<Path> damagedFiles(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(path -> path.getFileName().toString().matches(DAMAGED_PATTERN))
                    .sorted()
                    .toList();
        }
    }

    @Override
    public int version() {
        return VERSION;
    }

    @Override
    public void apply(Statement statement, int found) throws SQLException {
        boolean isNew = !hasEvents(statement);
        statement.execute("create table if not exists event(position integer primary key autoincrement,"
                + " id text not null unique, incident text not null, stream text not null, phase text not null,"
                + " at_millis integer not null, value blob not null, recorded_millis integer not null default 0)");
        statement.execute("create table if not exists open_incident(incident text primary key,"
                + " stream text not null, revision integer not null, value blob not null)");
        if (!isNew && found < VERSION) {
            statement.execute("alter table event add column recorded_millis integer not null default 0");
            statement.execute("update event set recorded_millis=at_millis");
        }
    }

    private static boolean hasEvents(Statement statement) throws SQLException {
        try (ResultSet result = statement.executeQuery("select 1 from sqlite_master where name='event'")) {
            return result.next();
        }
    }
}
