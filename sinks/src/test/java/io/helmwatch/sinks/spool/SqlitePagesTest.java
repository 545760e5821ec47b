package io.helmwatch.sinks.spool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against files that SQLite wrote. */
class SqlitePagesTest {
    private static final List<Long> INTEGERS = List.of(
            0L,
            1L,
            2L,
            -1L,
            127L,
            -128L,
            128L,
            32_767L,
            -32_768L,
            32_768L,
            8_388_607L,
            -8_388_608L,
            8_388_608L,
            2_147_483_647L,
            -2_147_483_648L,
            2_147_483_648L,
            140_737_488_355_327L,
            140_737_488_355_328L,
            Long.MAX_VALUE,
            Long.MIN_VALUE);

    @TempDir
    Path folder;

    private Path file() {
        return folder.resolve("some.db");
    }

    private Path log() {
        return folder.resolve("some.db-wal");
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection("jdbc:sqlite:" + file());
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 31 + length);
        }
        return bytes;
    }

    private static void insert(Connection connection, long id, Object a, Object b) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("insert into t(id, a, b) values(?, ?, ?)")) {
            insert.setLong(1, id);
            insert.setObject(2, a);
            insert.setObject(3, b);
            insert.executeUpdate();
        }
    }

    /** The rows of the table; those of the schema have five columns. */
    private List<SqlitePages.Row> rows() throws IOException {
        return SqlitePages.read(file(), log()).stream()
                .filter(row -> row.columns().size() == 3)
                .toList();
    }

    @Test
    void shouldReadIntegersOfEveryWidth() throws SQLException, IOException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("create table t(id integer primary key, a, b)");
            for (int i = 0; i < INTEGERS.size(); i++) {
                insert(connection, i + 1, INTEGERS.get(i), null);
            }
        }
        List<SqlitePages.Row> rows = rows();
        assertThat(rows).hasSize(INTEGERS.size());
        for (int i = 0; i < INTEGERS.size(); i++) {
            assertThat(rows.get(i).number()).isEqualTo(i + 1);
            assertThat(rows.get(i).columns()).containsExactly(null, INTEGERS.get(i), null);
        }
    }

    /** Row numbers take one to nine bytes. */
    @Test
    void shouldReadRowNumbersOfEveryLength() throws SQLException, IOException {
        List<Long> numbers = new ArrayList<>();
        for (int bits = 0; bits < 63; bits += 7) {
            numbers.add(1L << bits);
            numbers.add((1L << bits) + 85);
        }
        numbers.add(Long.MAX_VALUE);
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("create table t(id integer primary key, a, b)");
            for (long number : numbers) {
                insert(connection, number, "x", 7);
            }
        }
        assertThat(rows()).extracting(SqlitePages.Row::number).containsExactlyInAnyOrderElementsOf(numbers);
    }

    /** A row of up to 4,061 bytes is in its page; the end of a longer one is in further pages. */
    @Test
    void shouldReadTextAndBytesOfEveryLength() throws SQLException, IOException {
        int[] lengths = {0, 1, 57, 58, 100, 4_000, 4_040, 4_050, 4_055, 4_060, 4_070, 4_100, 8_200, 12_300, 50_000};
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("create table t(id integer primary key, a, b)");
            for (int i = 0; i < lengths.length; i++) {
                insert(connection, i + 1, "é".repeat(lengths[i] / 2), bytes(lengths[i]));
            }
        }
        List<SqlitePages.Row> rows = rows();
        assertThat(rows).hasSize(lengths.length);
        for (SqlitePages.Row row : rows) {
            int length = lengths[(int) row.number() - 1];
            assertThat(row.columns().get(1)).isEqualTo("é".repeat(length / 2));
            assertThat((byte[]) row.columns().get(2)).isEqualTo(bytes(length));
        }
    }

    /** Payloads around the sizes at which a row leaves its page. */
    @Test
    void shouldReadRowsAroundTheLargestThatFitsAPage() throws SQLException, IOException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("create table t(id integer primary key, a, b)");
            for (int length = 4_045; length <= 4_070; length++) {
                insert(connection, length, null, bytes(length));
            }
            for (int length = 4_500; length <= 4_600; length += 20) {
                insert(connection, length, null, bytes(length));
            }
        }
        assertThat(rows())
                .hasSize(26 + 6)
                .allSatisfy(row -> assertThat((byte[]) row.columns().get(2)).isEqualTo(bytes((int) row.number())));
    }

    @Test
    void shouldReadWhatIsCommittedToTheLogAndNothingElse() throws SQLException, IOException {
        Path copy = Files.createDirectory(folder.resolve("copy"));
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("pragma journal_mode=wal");
            statement.execute("pragma wal_autocheckpoint=0");
            statement.execute("create table t(id integer primary key, a, b)");
            insert(connection, 1, "one", bytes(10));
            connection.setAutoCommit(false);
            for (int i = 2; i <= 40; i++) {
                insert(connection, i, "row " + i, bytes(1_000));
            }
            connection.commit();
            Files.copy(file(), copy.resolve("some.db"));
            Files.copy(log(), copy.resolve("some.db-wal"));
        }
        assertThat(count(copy)).isEqualTo(40);
        byte[] content = Files.readAllBytes(copy.resolve("some.db-wal"));
        // The last frame has the mark of the commit: without it the second transaction did not happen.
        Files.write(copy.resolve("some.db-wal"), Arrays.copyOf(content, content.length - 1));
        assertThat(count(copy)).isEqualTo(1);
        byte[] otherSalt = content.clone();
        otherSalt[32 + 8] ^= 1;
        Files.write(copy.resolve("some.db-wal"), otherSalt);
        assertThat(count(copy)).isZero();
        Files.write(copy.resolve("some.db-wal"), Arrays.copyOf(content, 31));
        assertThat(count(copy)).isZero();
        Files.delete(copy.resolve("some.db-wal"));
        assertThat(count(copy)).isZero();
    }

    private static long count(Path folder) throws IOException {
        return SqlitePages.read(folder.resolve("some.db"), folder.resolve("some.db-wal")).stream()
                .filter(row -> row.columns().size() == 3)
                .count();
    }

    @Test
    void shouldSkipADamagedRowAndKeepTheOthersOfItsPage() throws SQLException, IOException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("create table t(id integer primary key, a, b)");
            for (int i = 1; i <= 10; i++) {
                insert(connection, i, "row " + i, bytes(50));
            }
        }
        byte[] content = Files.readAllBytes(file());
        // The table is the second page; the pointers to its rows follow the header of eight bytes.
        content[4_096 + 8 + 2 * 4] = (byte) 0xff;
        content[4_096 + 8 + 2 * 4 + 1] = (byte) 0xff;
        Files.write(file(), content);
        assertThat(rows()).extracting(SqlitePages.Row::number).containsExactly(1L, 2L, 3L, 4L, 6L, 7L, 8L, 9L, 10L);
    }
}
