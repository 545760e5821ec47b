package io.helmwatch.sinks.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteFileTest {
    @TempDir
    Path folder;

    private SqliteFile file;

    private SqliteFile open(int version) {
        return new SqliteFile(
                new SqliteFile.Description(
                        folder.resolve("some.db"),
                        "some file",
                        "some.key",
                        version,
                        List.of("create table if not exists t(a integer, b blob)")),
                42);
    }

    @BeforeEach
    void open() {
        file = open(3);
    }

    @AfterEach
    void close() {
        file.close();
    }

    @Test
    void shouldDoATransactionAsAWholeOrNotAtAll() throws SQLException {
        file.transaction(() -> {
            file.execute("insert into t values(1, null)");
            file.execute("insert into t values(2, null)");
        });
        assertThatThrownBy(() -> file.transaction(() -> {
                    file.execute("insert into t values(3, null)");
                    file.execute("insert into nowhere values(4)");
                }))
                .isInstanceOf(SQLException.class);
        assertThatThrownBy(() -> file.transaction(() -> {
                    file.execute("insert into t values(5, null)");
                    throw new IllegalStateException("on purpose");
                }))
                .hasMessage("on purpose");
        assertThat(file.number("select count(*) from t")).isEqualTo(2);
        assertThat(file.number("select max(a) from t")).isEqualTo(2);
        assertThat(file.number("select a from t where a > 7")).isZero();
        close();
        open();
        assertThat(file.number("select sum(a) from t")).isEqualTo(3);
    }

    @Test
    void shouldCountThePagesThatHoldSomething() throws SQLException {
        long empty = file.usedBytes();
        assertThat(empty).isPositive().isLessThan(64 << 10);
        file.execute("insert into t values(1, zeroblob(1000000))");
        assertThat(file.usedBytes() - empty).isBetween(990_000L, 1_010_000L);
        file.execute("delete from t");
        assertThat(file.usedBytes()).isLessThan(empty + 8_192);
    }

    @Test
    void shouldRefuseAFileOfANewerVersionAndMoveADamagedOneAside() throws Exception {
        assertThat(file.number("pragma user_version")).isEqualTo(3);
        assertThat(file.wasEmpty()).isFalse();
        assertThat(file.damaged()).isNull();
        close();
        assertThatThrownBy(() -> open(2))
                .isInstanceOf(SqliteException.class)
                .hasMessageContainingAll("some file", "newer version", "schema 3", "at most 2", "some.key");
        open(4).close();
        Files.writeString(folder.resolve("some.db"), "no database at all, but long enough to have a header");
        file = open(3);
        assertThat(file.damaged()).isEqualTo(folder.resolve("damaged-42-some.db"));
        assertThat(file.number("select count(*) from t")).isZero();
    }

    @Test
    void shouldRefuseASecondUser() {
        assertThatThrownBy(() -> open(3))
                .isInstanceOf(SqliteException.class)
                .hasMessageContainingAll("some file", "used by another process", "some.key");
    }
}
