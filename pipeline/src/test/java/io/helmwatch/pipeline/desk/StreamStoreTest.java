package io.helmwatch.pipeline.desk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.sinks.sqlite.SqliteException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Clock;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StreamStoreTest {
    private static final String SETTINGS =
            "{\"id\":\"gate\",\"url\":\"rtsp://c/1\",\"credentials\":{\"username\":\"u\",\"password\":\"open-sesame\"}}";

    @TempDir
    Path folder;

    private StreamStore open() {
        return new StreamStore(folder, Clock.systemUTC());
    }

    @Test
    void shouldKeepStreamsInTheirOrderOverARestart() {
        try (StreamStore store = open()) {
            store.put("yard", "{\"id\":\"yard\"}");
            store.put("gate", "{}");
            store.put("dock", "{}");
            store.put("gate", SETTINGS);
            store.remove("dock");
            store.remove("nobody");
        }
        try (StreamStore store = open()) {
            assertThat(store.all())
                    .containsExactly(
                            new StreamStore.Stored("yard", "{\"id\":\"yard\"}"),
                            new StreamStore.Stored("gate", SETTINGS));
        }
    }

    @Test
    void shouldWriteNoPasswordAndGiveNobodyElseTheKey() throws Exception {
        try (StreamStore store = open()) {
            store.put("gate", SETTINGS);
            store.put("yard", SETTINGS);
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
                        .as(file.toString())
                        .doesNotContain("open-sesame", "rtsp://c/1");
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .as(file.toString())
                        .isEqualTo("rw-------");
            }
        }
        assertThat(Files.size(folder.resolve("streams.key"))).isEqualTo(32);
    }

    @Test
    void shouldNotDecryptWithAnotherKeyNorForAnotherStreamAndSayWhatToDo() throws Exception {
        try (StreamStore store = open()) {
            store.put("gate", SETTINGS);
            store.put("yard", SETTINGS);
        }
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("streams.db"));
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "update stream set settings=(select settings from stream where id='gate') where id='yard'");
        }
        try (StreamStore store = open()) {
            assertThat(store.all()).extracting(StreamStore.Stored::id).containsExactly("gate");
        }
        Files.write(folder.resolve("streams.key"), new byte[32]);
        try (StreamStore store = open()) {
            assertThat(store.all()).isEqualTo(List.of());
        }
        Files.write(folder.resolve("streams.key"), new byte[5]);
        assertThatThrownBy(this::open)
                .isInstanceOf(SqliteException.class)
                .hasMessageContaining("streams.key has 5 bytes: expected 32");
    }
}
