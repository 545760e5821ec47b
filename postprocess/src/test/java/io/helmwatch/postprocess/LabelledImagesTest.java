package io.helmwatch.postprocess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.ImageSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LabelledImagesTest {

    @TempDir
    Path folder;

    @Test
    void shouldPairImagesWithLabelsByName() throws IOException {
        Files.createDirectories(folder.resolve("images/night"));
        Files.createDirectories(folder.resolve("labels"));
        Files.writeString(folder.resolve("images/b.JPG"), "");
        Files.writeString(folder.resolve("images/a.v2.png"), "");
        Files.writeString(folder.resolve("images/night/c.jpeg"), "");
        Files.writeString(folder.resolve("images/notes.txt"), "");
        assertThat(LabelledImages.list(folder))
                .extracting(entry -> folder.relativize(entry.labels()).toString())
                .containsExactly("labels/a.v2.txt", "labels/b.txt", "labels/night/c.txt");
    }

    @Test
    void shouldSayWhatAFolderMustHold() throws IOException {
        assertThatThrownBy(() -> LabelledImages.list(folder.resolve("nowhere")))
                .hasMessageContaining("images/ and labels/")
                .hasMessageContaining("found no directory");
        assertThatThrownBy(() -> LabelledImages.list(folder)).hasMessageContaining("found a directory without them");
        Files.createDirectories(folder.resolve("images"));
        Files.createDirectories(folder.resolve("labels"));
        assertThatThrownBy(() -> LabelledImages.list(folder)).hasMessageContaining("found none");
    }

    @Test
    void shouldReadFractionsAsSourcePixels() throws IOException {
        Path file = Files.writeString(folder.resolve("a.txt"), "1 0.5 0.25 0.1 0.5\n\n0 0.1 0.1 0.2 0.2\r\n");
        assertThat(LabelledBox.read(file, new ImageSize(200, 100), 2))
                .containsExactly(
                        new LabelledBox(1, new BoundingBox(90, 0, 110, 50)),
                        new LabelledBox(0, new BoundingBox(0, 0, 40, 20)));
    }

    @Test
    void shouldTreatAMissingLabelFileAsAnImageWithoutObjects() throws IOException {
        assertThat(LabelledBox.read(folder.resolve("none.txt"), new ImageSize(2, 2), 1))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2 0.5 0.5 0.1 0.1",
                "-1 0.5 0.5 0.1 0.1",
                "0 0.5 0.5 0.1",
                "0 0.5 0.5 0.1 0.1 0.9",
                "helmet 0.5 0.5 0.1 0.1",
                "0 0.5 nan 0.1 0.1",
                "0 0.5 NaN 0.1 0.1",
                "0 0.5 0.5 0 0.1"
            })
    void shouldNameTheLineThatIsNoLabel(String line) throws IOException {
        Path file = Files.writeString(folder.resolve("a.txt"), "0 0.5 0.5 0.1 0.1\n" + line + "\n");
        assertThatThrownBy(() -> LabelledBox.read(file, new ImageSize(10, 10), 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a.txt:2")
                .hasMessageContaining(line);
    }
}
