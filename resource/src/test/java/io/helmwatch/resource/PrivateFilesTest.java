package io.helmwatch.resource;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrivateFilesTest {
    @TempDir
    Path folder;

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void shouldCreateDirectoriesForTheOwnerOnlyAndLeaveExistingOnes() throws IOException {
        Path existing = Files.createDirectory(folder.resolve("existing"));
        Files.setPosixFilePermissions(existing, PosixFilePermissions.fromString("rwxr-xr-x"));
        PrivateFiles.createDirectories(existing.resolve("a/b"));
        PrivateFiles.createDirectories(existing.resolve("a/b"));
        assertThat(permissions(existing)).isEqualTo("rwxr-xr-x");
        assertThat(permissions(existing.resolve("a"))).isEqualTo("rwx------");
        assertThat(permissions(existing.resolve("a/b"))).isEqualTo("rwx------");
    }

    @Test
    void shouldCreateFilesForTheOwnerOnlyAndRestrictExistingOnes() throws IOException {
        Path file = folder.resolve("file");
        PrivateFiles.createOrRestrict(file);
        assertThat(permissions(file)).isEqualTo("rw-------");
        Files.writeString(file, "kept");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        PrivateFiles.createOrRestrict(file);
        assertThat(permissions(file)).isEqualTo("rw-------");
        assertThat(file).content().isEqualTo("kept");
        PrivateFiles.restrict(folder.resolve("missing"));
        assertThat(folder.resolve("missing")).doesNotExist();
    }
}
