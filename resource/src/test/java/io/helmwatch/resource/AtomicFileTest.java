package io.helmwatch.resource;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AtomicFileTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @EnumSource
    void shouldReplaceAFileAndLeaveNothingBesideIt(AtomicFile.Durability durability) throws IOException {
        Path file = directory.resolve("new/state");

        AtomicFile.replace(file, "one".getBytes(UTF_8), durability);
        AtomicFile.replace(file, "two".getBytes(UTF_8), durability);

        assertThat(file).hasContent("two");
        assertThat(Files.list(file.getParent())).containsExactly(file);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void shouldKeepTheOldFileWhenTheNewOneCannotBeRead() throws IOException {
        Path file = directory.resolve("state");
        AtomicFile.replace(file, "one".getBytes(UTF_8), AtomicFile.Durability.CACHED);
        InputStream broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("broken");
            }
        };

        assertThatThrownBy(() -> AtomicFile.replace(file, broken, AtomicFile.Durability.CACHED))
                .isInstanceOf(IOException.class);

        assertThat(file).hasContent("one");
        assertThat(Files.list(directory)).containsExactly(file);
    }
}
