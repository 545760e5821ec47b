package io.helmwatch.sinks.spool;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads what is readable of a spool file, row by row: with SQLite where it opens the file, skipping damaged rows, else from the pages
 * of the file. Only rows whose message is complete are returned. SQLite works on a copy, since it changes what it opens; the file
 * may be damaged, or in use by another process.
 *
 * <p>Threading: any thread.
 */
final class SpoolSalvage {
    /** Longest range of positions that is searched behind a damaged row. */
    private static final long MAX_PROBES = 1_000_000;

    private static final String LOG_SUFFIX = "-wal";

    private static final String EVENTS =
            "select position, id, incident, stream, phase, at_millis, value from event where position ";

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Map<String, SpooledEvent> events = new LinkedHashMap<>();
    private final Map<String, OpenIncident> open = new LinkedHashMap<>();
    private int unreadable;

    private SpoolSalvage() {}

    /**
     * What was read.
     *
     * @param events waiting messages in their order
     * @param open open incidents
     * @param unreadable rows that were found but are damaged
     */
    record Result(List<SpooledEvent> events, List<OpenIncident> open, int unreadable) {}

    /** Reads a file and the write-ahead log beside it. */
    static Result read(Path file) throws IOException {
        SpoolSalvage salvage = new SpoolSalvage();
        if (Files.size(file) == 0 || !salvage.readCopy(file)) {
            salvage.readPages(file);
        }
        return new Result(List.copyOf(salvage.events.values()), List.copyOf(salvage.open.values()), salvage.unreadable);
    }

    private static Path logOf(Path file) {
        return file.resolveSibling(file.getFileName() + LOG_SUFFIX);
    }

    /** Returns whether SQLite could read the tables. */
    private boolean readCopy(Path file) throws IOException {
        Path directory = Files.createTempDirectory("helmwatch-spool-");
        Path copy = directory.resolve("copy.db");
        try {
            Files.copy(file, copy);
            if (Files.exists(logOf(file))) {
                Files.copy(logOf(file), logOf(copy));
            }
            try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + copy)) {
                readEvents(connection);
                readOpen(connection);
                return true;
            }
        } catch (SQLException e) {
            return false;
        } finally {
            try (Stream<Path> files = Files.list(directory)) {
                for (Path leftover : files.toList()) {
                    Files.deleteIfExists(leftover);
                }
            }
            Files.deleteIfExists(directory);
        }
    }

    private void readEvents(Connection connection) throws SQLException {
        long last = lastPosition(connection);
        long from = 0;
        while (true) {
            try (PreparedStatement select = connection.prepareStatement(EVENTS + ">= ? order by position")) {
                select.setLong(1, from);
                try (ResultSet result = select.executeQuery()) {
                    while (result.next()) {
                        add(event(result));
                        from = result.getLong(1) + 1;
                    }
                }
                return;
            } catch (SQLException e) {
                if (last < from) {
                    throw e;
                }
                unreadable++;
                from = nextReadable(connection, from, last);
                if (from < 0) {
                    return;
                }
            }
        }
    }

    /** The next position from which rows can be read; negative when there is none. */
    private static long nextReadable(Connection connection, long from, long last) throws SQLException {
        long end = Math.min(last, from + MAX_PROBES);
        try (PreparedStatement select = connection.prepareStatement(EVENTS + "= ?")) {
            for (long position = from + 1; position <= end; position++) {
                select.setLong(1, position);
                try (ResultSet result = select.executeQuery()) {
                    if (result.next()) {
                        event(result);
                        return position;
                    }
                } catch (SQLException e) {
                    continue;
                }
            }
        }
        return -1;
    }

    private static long lastPosition(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("select seq from sqlite_sequence where name='event'")) {
            return result.next() ? result.getLong(1) : 0;
        }
    }

    private static SpooledEvent event(ResultSet result) throws SQLException {
        return new SpooledEvent(
                result.getLong(1),
                result.getString(2),
                result.getString(3),
                result.getString(4),
                result.getString(5),
                result.getLong(6),
                result.getBytes(7));
    }

    private void readOpen(Connection connection) {
        try (Statement statement = connection.createStatement();
                ResultSet result =
                        statement.executeQuery("select incident, stream, revision, value from open_incident")) {
            while (result.next()) {
                add(new OpenIncident(result.getString(1), result.getString(2), result.getInt(3), result.getBytes(4)));
            }
        } catch (SQLException e) {
            unreadable++;
        }
    }

    private void readPages(Path file) throws IOException {
        events.clear();
        List<SpooledEvent> found = new ArrayList<>();
        for (SqlitePages.Row row : SqlitePages.read(file, logOf(file))) {
            List<@Nullable Object> columns = row.columns();
            if (columns.size() >= 7
                    && columns.get(1) instanceof String id
                    && columns.get(2) instanceof String incident
                    && columns.get(3) instanceof String stream
                    && columns.get(4) instanceof String phase
                    && columns.get(5) instanceof Long atMillis
                    && columns.get(6) instanceof byte[] value) {
                found.add(new SpooledEvent(row.number(), id, incident, stream, phase, atMillis, value));
            } else if (columns.size() == 4
                    && columns.get(0) instanceof String incident
                    && columns.get(1) instanceof String stream
                    && columns.get(2) instanceof Long revision
                    && columns.get(3) instanceof byte[] value) {
                add(new OpenIncident(incident, stream, revision.intValue(), value));
            }
        }
        found.sort((a, b) -> Long.compare(a.position(), b.position()));
        found.forEach(this::add);
    }

    private void add(SpooledEvent event) {
        JsonNode message = message(event.value());
        if (message.path("id").asText().equals(event.id())
                && message.path("stream").asText().equals(event.stream())) {
            events.putIfAbsent(event.id(), event);
        } else {
            unreadable++;
        }
    }

    private void add(OpenIncident incident) {
        if (message(incident.value()).path("incident").asText().equals(incident.incident())) {
            open.put(incident.incident(), incident);
        } else {
            unreadable++;
        }
    }

    private static JsonNode message(byte[] value) {
        try {
            return MAPPER.readTree(value);
        } catch (IOException e) {
            return MAPPER.missingNode();
        }
    }
}
