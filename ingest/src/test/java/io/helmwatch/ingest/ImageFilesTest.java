package io.helmwatch.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFilesTest {
    @TempDir
    Path folder;

    @Test
    void shouldListImagesInNaturalOrder() throws IOException {
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

        assertThat(ImageFiles.inFolder(folder))
                .extracting(path -> path.getFileName().toString())
                .containsExactly("a.bmp", "b.webp", "c.jpeg", "Frame1.JPG", "frame2.jpg", "frame02.png", "frame10.jpg");
    }

    @Test
    void shouldCompareNumbersOfAnyLength() {
        assertThat(ImageFiles.compareNaturally("x99999999999999999999999", "x100000000000000000000000"))
                .isNegative();
        assertThat(ImageFiles.compareNaturally("x007", "x7")).isNotZero();
        assertThat(ImageFiles.compareNaturally("x7", "x7a")).isNegative();
        assertThat(ImageFiles.compareNaturally("same", "same")).isZero();
    }

    @Test
    void shouldRefuseAFolderWithoutImages() {
        assertThatThrownBy(() -> ImageFiles.inFolder(folder))
                .isInstanceOf(IngestException.class)
                .hasMessageContainingAll(folder.toString(), "no images", ".jpg", ".jpeg", ".png", ".bmp", ".webp");
    }
}
