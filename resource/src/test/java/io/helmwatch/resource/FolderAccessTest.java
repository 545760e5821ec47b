package io.helmwatch.resource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderAccessTest {
    @TempDir
    private Path folder;

    @Test
    void shouldFindNothingWrongWithAFolderThatCanBeWrittenOrCreated() {
        assertThat(FolderAccess.problem(folder)).isEmpty();
        assertThat(FolderAccess.problem(folder.resolve("a/b/c"))).isEmpty();
        assertThat(folder.resolve("a")).doesNotExist();
    }

    @Test
    void shouldNameAFileOnTheWay() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        assertThat(FolderAccess.problem(file)).contains(file.toString(), "no folder");
        assertThat(FolderAccess.problem(file.resolve("a/b"))).contains(file.toString(), "no folder");
        Path dangling = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("nowhere"));
        assertThat(FolderAccess.problem(dangling.resolve("a"))).contains(dangling.toString(), "no folder");
    }

    @Test
    void shouldNameUserOwnerAndPermissionsOfAFolderThatCannotBeWritten() throws IOException {
        Path closed = Files.createDirectory(folder.resolve("closed"));
        Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("r-xr-xr-x"));
        assumeFalse(Files.isWritable(closed), "this user may write everywhere");
        assertThat(FolderAccess.problem(closed.resolve("a/b")))
                .contains(closed.toString(), "user " + System.getProperty("user.name"), "owner ", "r-xr-xr-x");
    }
}
