package io.helmwatch.sinks.spool;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.sinks.IncidentJson;
import io.helmwatch.vision.Incident;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows of files that SQLite opens, and of files of which only the pages can be read. */
class SpoolSalvageTest {
    private static final Clock CLOCK = Clock.fixed(Instant.ofEpochMilli(Incidents.NOON + 5_000), ZoneOffset.UTC);
    private static final int PAGE = 4_096;

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void createTables() {
        try (IncidentSpool spool = new IncidentSpool(new SpoolConfig(folder, 64 << 20, false), CLOCK)) {
            file = folder.resolve("incidents.db");
            assertThat(spool.waiting()).isZero();
        }
    }

    private static Incident start(int number) {
        return Incidents.bareHead("gate-3", number, 0, Incident.Phase.START);
    }

    private static byte[] json(Incident incident) {
        return IncidentJson.incident(incident, CLOCK.millis());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection("jdbc:sqlite:" + file);
    }

    private static void insert(Connection connection, String sql, Object... values) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                insert.setObject(i + 1, values[i]);
            }
            insert.executeUpdate();
        }
    }

    private static void event(Connection connection, long position, String id, String stream, byte[] value)
            throws SQLException {
        insert(
                connection,
                "insert into event(position, id, incident, stream, phase, at_millis, value) values(?,?,?,?,?,?,?)",
                position,
                id,
                "incident of " + id,
                stream,
                "start",
                1_000 + position,
                value);
    }

    private static void open(Connection connection, String incident, int revision, byte[] value) throws SQLException {
        insert(
                connection,
                "insert into open_incident(incident, stream, revision, value) values(?,?,?,?)",
                incident,
                "gate-3",
                revision,
                value);
    }

    /** SQLite refuses a file without its first bytes. */
    private void hideFromSqlite() throws IOException {
        byte[] content = Files.readAllBytes(file);
        Arrays.fill(content, 0, 16, (byte) 0);
        Files.write(file, content);
    }

    private static List<Path> temporaryFolders() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(path -> path.getFileName().toString().startsWith("helmwatch-spool-"))
                    .toList();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldReturnOnlyRowsWhoseMessageIsTheirOwn(boolean hidden) throws Exception {
        try (Connection connection = connect()) {
            event(connection, 9, start(9).eventId(), "gate-3", json(start(9)));
            event(connection, 1, start(1).eventId(), "gate-3", json(start(1)));
            event(connection, 2, start(2).eventId() + "x", "gate-3", json(start(2)));
            event(connection, 3, start(3).eventId(), "gate-4", json(start(3)));
            event(connection, 4, start(4).eventId(), "gate-3", bytes("{\"id\":"));
            open(connection, start(5).id(), 7, json(start(5)));
            open(connection, start(6).id(), 0, json(start(7)));
            open(connection, start(8).id(), 0, bytes("none"));
        }
        if (hidden) {
            hideFromSqlite();
        }
        List<Path> before = temporaryFolders();
        SpoolSalvage.Result result = SpoolSalvage.read(file);
        assertThat(result.events()).extracting(SpooledEvent::position).containsExactly(1L, 9L);
        SpooledEvent first = result.events().get(0);
        assertThat(first.id()).isEqualTo(start(1).eventId());
        assertThat(first.incident()).isEqualTo("incident of " + start(1).eventId());
        assertThat(first.stream()).isEqualTo("gate-3");
        assertThat(first.phase()).isEqualTo("start");
        assertThat(first.atMillis()).isEqualTo(1_001);
        assertThat(first.value()).isEqualTo(json(start(1)));
        assertThat(result.open()).singleElement().satisfies(open -> {
            assertThat(open.incident()).isEqualTo(start(5).id());
            assertThat(open.stream()).isEqualTo("gate-3");
            assertThat(open.revision()).isEqualTo(7);
            assertThat(open.value()).isEqualTo(json(start(5)));
        });
        assertThat(result.unreadable()).isEqualTo(5);
        assertThat(temporaryFolders()).isEqualTo(before);
    }

    /** Rows that were inserted in descending order are in pages that are not in the order of the rows. */
    @Test
    void shouldReturnMessagesInTheOrderOfTheirPositionsWhateverTheOrderOfThePages() throws Exception {
        try (Connection connection = connect()) {
            for (int i = 40; i >= 1; i--) {
                event(connection, i, start(i).eventId(), "gate-3", json(start(i)));
            }
        }
        hideFromSqlite();
        assertThat(SpoolSalvage.read(file).events())
                .hasSize(40)
                .extracting(SpooledEvent::position)
                .isSorted();
    }

    /** The pages of other tables are found, too: only rows with the types of ours are taken. */
    @Test
    void shouldIgnoreRowsOfOtherTablesInPages() throws Exception {
        Object[] message = {1_001L, start(1).eventId(), "i", "gate-3", "start", 5L, json(start(1))};
        Object[] open = {start(2).id(), "gate-3", 3L, json(start(2))};
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("create table seven(a, b, c, d, e, f, g)");
            statement.execute("create table four(a, b, c, d)");
            for (int column = 1; column < message.length; column++) {
                Object[] other = message.clone();
                other[column] = column == 5 ? "5" : 1.5;
                insert(connection, "insert into seven values(?,?,?,?,?,?,?)", other);
            }
            for (int column = 0; column < open.length; column++) {
                Object[] other = open.clone();
                other[column] = column == 2 ? "3" : 1.5;
                insert(connection, "insert into four values(?,?,?,?)", other);
            }
            statement.execute("create table six(a, b, c, d, e, f)");
            insert(connection, "insert into six values(?,?,?,?,?,?)", Arrays.copyOf(message, 6));
            statement.execute("create table five(a, b, c, d, e)");
            insert(connection, "insert into five values(?,?,?,?,?)", Arrays.copyOf(open, 5));
        }
        hideFromSqlite();
        SpoolSalvage.Result result = SpoolSalvage.read(file);
        assertThat(result.events()).isEmpty();
        assertThat(result.open()).isEmpty();
        assertThat(result.unreadable()).isZero();
    }

    @Test
    void shouldTakeAMessageOnceThoughItsRowIsFoundTwice() throws Exception {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            event(connection, 1, start(1).eventId(), "gate-3", json(start(1)));
            statement.execute("create table copy(a integer primary key, b, c, d, e, f, g)");
            statement.execute(
                    "insert into copy select position + 10, id, incident, stream, phase, at_millis + 10, value"
                            + " from event");
        }
        hideFromSqlite();
        assertThat(SpoolSalvage.read(file).events()).singleElement().satisfies(event -> {
            assertThat(event.position()).isEqualTo(1);
            assertThat(event.atMillis()).isEqualTo(1_001);
        });
    }

    @Test
    void shouldSkipTheRowsOfADamagedPageAndCountTheHoleOnce() throws Exception {
        try (Connection connection = connect()) {
            for (int i = 1; i <= 60; i++) {
                event(connection, i, start(i).eventId(), "gate-3", json(start(i)));
            }
        }
        byte[] content = Files.readAllBytes(file);
        List<Integer> leaves = IntStream.range(1, content.length / PAGE)
                .filter(page -> content[page * PAGE] == 0x0D)
                .boxed()
                .toList();
        int damaged = leaves.get(leaves.size() / 2);
        Arrays.fill(content, damaged * PAGE, (damaged + 1) * PAGE, (byte) 0xA5);
        Files.write(file, content);
        SpoolSalvage.Result result = SpoolSalvage.read(file);
        List<Long> positions =
                result.events().stream().map(SpooledEvent::position).toList();
        List<Long> missing = new ArrayList<>();
        for (long position = 1; position <= 60; position++) {
            if (!positions.contains(position)) {
                missing.add(position);
            }
        }
        assertThat(missing).isNotEmpty().hasSizeLessThan(6);
        assertThat(missing.get(missing.size() - 1) - missing.get(0)).isEqualTo(missing.size() - 1);
        assertThat(positions).isSorted().contains(1L, 60L);
        assertThat(result.unreadable()).isEqualTo(1);
    }

    /** The last rows are damaged: nothing readable follows. */
    @Test
    void shouldEndAtADamagedLastPage() throws Exception {
        try (Connection connection = connect()) {
            for (int i = 1; i <= 30; i++) {
                event(connection, i, start(i).eventId(), "gate-3", json(start(i)));
            }
            open(connection, start(30).id(), 0, json(start(30)));
        }
        byte[] content = Files.readAllBytes(file);
        byte[] last = bytes(start(30).eventId());
        int page = -1;
        for (int candidate = 1; candidate < content.length / PAGE; candidate++) {
            byte[] bytes = Arrays.copyOfRange(content, candidate * PAGE, (candidate + 1) * PAGE);
            if (bytes[0] == 0x0D
                    && new String(bytes, StandardCharsets.ISO_8859_1)
                            .contains("incident of " + new String(last, StandardCharsets.ISO_8859_1))) {
                page = candidate;
            }
        }
        Arrays.fill(content, page * PAGE, (page + 1) * PAGE, (byte) 0xA5);
        Files.write(file, content);
        SpoolSalvage.Result result = SpoolSalvage.read(file);
        assertThat(result.events()).hasSizeBetween(24, 29);
        assertThat(result.events().get(0).position()).isEqualTo(1);
        assertThat(result.unreadable()).isEqualTo(1);
        assertThat(result.open())
                .extracting(OpenIncident::incident)
                .containsExactly(start(30).id());
    }

    /** What SQLite read before it failed does not count twice. */
    @Test
    void shouldReadThePagesWhereATableIsMissing() throws Exception {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            event(connection, 1, start(1).eventId(), "gate-3", json(start(1)));
            statement.execute(
                    "create table moved as select null as position, id, incident, stream, phase, at_millis, value"
                            + " from event");
            statement.execute("drop table event");
        }
        SpoolSalvage.Result result = SpoolSalvage.read(file);
        assertThat(result.events()).extracting(SpooledEvent::id).containsExactly(start(1).eventId());
    }

    @Test
    void shouldReadTheLogOfAFileWithoutLength() throws Exception {
        Path copy = Files.createDirectory(folder.resolve("copy")).resolve("incidents.db");
        try (IncidentSpool spool = new IncidentSpool(new SpoolConfig(folder, 64 << 20, false), CLOCK)) {
            spool.append(List.of(start(1)));
            Files.copy(file, copy);
            Files.copy(folder.resolve("incidents.db-wal"), copy.resolveSibling("incidents.db-wal"));
        }
        assertThat(SpoolSalvage.read(copy).events()).hasSize(1);
        Files.write(copy, new byte[0], StandardOpenOption.TRUNCATE_EXISTING);
        assertThat(SpoolSalvage.read(copy).events())
                .extracting(SpooledEvent::id)
                .containsExactly(start(1).eventId());
        Files.delete(copy.resolveSibling("incidents.db-wal"));
        assertThat(SpoolSalvage.read(copy).events()).isEmpty();
    }

    @Test
    void shouldFindNothingInAnEmptySpool() throws IOException {
        SpoolSalvage.Result result = SpoolSalvage.read(file);
        assertThat(result.events()).isEmpty();
        assertThat(result.open()).isEmpty();
        assertThat(result.unreadable()).isZero();
    }
}
