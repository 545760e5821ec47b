package io.helmwatch.sinks.spool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.sinks.sqlite.SqliteFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpoolSchemaTest {
    @TempDir
    Path folder;

    private SqliteFile open(boolean fsync) {
        return SpoolSchema.open(new SpoolConfig(folder, 1 << 20, fsync), 42);
    }

    private static String pragma(SqliteFile file, String name) throws SQLException {
        try (Statement statement = file.createStatement();
                ResultSet result = statement.executeQuery("pragma " + name)) {
            assertThat(result.next()).isTrue();
            return result.getString(1);
        }
    }

    @ParameterizedTest
    @CsvSource({"true, 2", "false, 1"})
    void shouldForceCommitsToDiskOnlyWithFsync(boolean fsync, String level) throws SQLException {
        try (SqliteFile file = open(fsync)) {
            assertThat(pragma(file, "synchronous")).isEqualTo(level);
            assertThat(pragma(file, "journal_mode")).isEqualTo("wal");
            assertThat(pragma(file, "locking_mode")).isEqualTo("exclusive");
            assertThat(pragma(file, "wal_autocheckpoint")).isEqualTo("256");
            assertThat(pragma(file, "journal_size_limit")).isEqualTo("1048576");
            assertThat(pragma(file, "user_version")).isEqualTo("2");
        }
    }

    @Test
    void shouldBeFreeForAnotherUserOnceClosed() {
        SqliteFile file = open(false);
        file.close();
        file.close();
        open(false).close();
    }

    @Test
    void shouldMoveADamagedFileAsideWithItsLogAndReplaceWhatHasThatName() throws IOException {
        Files.writeString(folder.resolve("incidents.db"), "no database at all, but long enough to have a header");
        Files.writeString(folder.resolve("incidents.db-wal"), "its log");
        Files.writeString(folder.resolve("damaged-42.db"), "old");
        Files.writeString(folder.resolve("damaged-42.db-wal"), "old");
        try (SqliteFile file = open(false)) {
            assertThat(file.damaged()).isEqualTo(folder.resolve("damaged-42.db"));
            assertThat(file.wasEmpty()).isFalse();
        }
        assertThat(folder.resolve("damaged-42.db")).hasContent("no database at all, but long enough to have a header");
        assertThat(folder.resolve("damaged-42.db-wal")).exists();
        try (SqliteFile file = open(false)) {
            assertThat(file.damaged()).isNull();
            assertThat(file.wasEmpty()).isFalse();
        }
    }

    @Test
    void shouldTellAFileWithoutLengthFromOneWhoseMessagesAreInItsLog() throws IOException {
        Files.createFile(folder.resolve("incidents.db"));
        Files.createFile(folder.resolve("incidents.db-wal"));
        try (SqliteFile file = open(false)) {
            assertThat(file.wasEmpty()).isTrue();
            assertThat(file.damaged()).isNull();
        }
        Files.write(folder.resolve("incidents.db"), new byte[0]);
        Files.writeString(folder.resolve("incidents.db-wal"), "a log");
        try (SqliteFile file = open(false)) {
            assertThat(file.wasEmpty()).isFalse();
            assertThat(file.damaged()).isEqualTo(folder.resolve("damaged-42.db"));
            assertThat(folder.resolve("damaged-42.db-wal")).hasContent("a log");
        }
    }

    @Test
    void shouldListDamagedFilesOldestFirstAndNothingElse() throws IOException {
        assertThat(SpoolSchema.damagedFiles(folder.resolve("missing"))).isEmpty();
        for (String name : new String[] {
            "damaged-2.db", "damaged-1.db", "damaged-1.db-wal", "damaged-.db", "damaged-x.db", "incidents.db"
        }) {
            Files.createFile(folder.resolve(name));
        }
        assertThat(SpoolSchema.damagedFiles(folder))
                .containsExactly(folder.resolve("damaged-1.db"), folder.resolve("damaged-2.db"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[SQLITE_BUSY] The database file is locked | used by another process",
                "[SQLITE_LOCKED] A table is locked | used by another process",
                "[SQLITE_FULL] Insertion failed | cannot be written: the disk is full; free space",
                "write: No space left on device | cannot be written: the disk is full; free space",
                "[SQLITE_MISMATCH] Data type mismatch | cannot be written: [SQLITE_MISMATCH] Data type mismatch",
            })
    void shouldSayWhatFailedAndWhatToDo(String message, String sentence) {
        try (SqliteFile file = open(false)) {
            SQLException cause = new SQLException(message);
            assertThat(file.failure("cannot be written", cause))
                    .hasMessageStartingWith("incident spool " + folder.resolve("incidents.db"))
                    .hasMessageContaining(sentence)
                    .hasCause(cause);
        }
    }

    /** Whether or not a transaction is open, the next one can begin. */
    @Test
    void shouldRollBackAndEmptyTheLog() throws Exception {
        try (SqliteFile file = open(false)) {
            file.rollBack();
            file.execute("begin immediate");
            file.execute("insert into open_incident values('i', 's', 1, x'00')");
            file.rollBack();
            try (Statement statement = file.createStatement();
                    ResultSet result = statement.executeQuery("select count(*) from open_incident")) {
                assertThat(result.next()).isTrue();
                assertThat(result.getInt(1)).isZero();
            }
            assertThat(Files.size(folder.resolve("incidents.db-wal"))).isZero();
            assertThatThrownBy(() -> file.execute("rollback")).isInstanceOf(SQLException.class);
        }
    }
}
