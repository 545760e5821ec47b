package io.helmwatch.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PictureFilesTest {
    @TempDir
    Path folder;

    @Test
    void shouldListPicturesInTheOrderAPersonCounts() throws IOException {
        for (String name : List.of(
                "frame10.jpg",
                "frame2.jpg",
                "Frame1.JPG",
                "frame02.png",
                "b.webp",
                "notes.txt",
                ".hidden.jpg",
                "a.bmp",
                "c.jpeg")) {
            Files.createFile(folder.resolve(name));
        }
        Files.createDirectory(folder.resolve("d.jpg"));

        assertThat(PictureFiles.inFolder(folder))
                .extracting(path -> path.getFileName().toString())
                .containsExactly("a.bmp", "b.webp", "c.jpeg", "Frame1.JPG", "frame2.jpg", "frame02.png", "frame10.jpg");
    }

    @Test
    void shouldCompareNumbersOfAnyLength() {
        assertThat(PictureFiles.compareNaturally("x99999999999999999999999", "x100000000000000000000000"))
                .isNegative();
        assertThat(PictureFiles.compareNaturally("x007", "x7")).isNotZero();
        assertThat(PictureFiles.compareNaturally("x7", "x7a")).isNegative();
        assertThat(PictureFiles.compareNaturally("same", "same")).isZero();
    }

    @Test
    void shouldRefuseAFolderWithoutPictures() {
        assertThatThrownBy(() -> PictureFiles.inFolder(folder))
                .isInstanceOf(IngestException.class)
                .hasMessage("The folder " + folder
                        + " holds no pictures: expected files that end in .jpg, .jpeg, .png, .bmp or .webp.");
    }
}
