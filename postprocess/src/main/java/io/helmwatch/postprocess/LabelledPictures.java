package io.helmwatch.postprocess;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * A folder of labelled pictures in YOLO format: pictures under {@code images/}, and under {@code labels/} a text file of the
 * same name for each picture that shows something.
 */
public final class LabelledPictures {

    private static final List<String> ENDINGS = List.of(".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff");

    private LabelledPictures() {}

    /**
     * One picture.
     *
     * @param picture its file
     * @param labels its label file, which need not exist
     */
    public record Entry(Path picture, Path labels) {}

    /**
     * Lists a folder by name, sub-folders of {@code images/} included.
     *
     * @throws IllegalArgumentException when there is no {@code images} folder with pictures or no {@code labels} folder
     * @throws IOException when a folder cannot be read
     */
    public static List<Entry> list(Path folder) throws IOException {
        Path images = folder.resolve("images");
        Path labels = folder.resolve("labels");
        if (!Files.isDirectory(images) || !Files.isDirectory(labels)) {
            throw new IllegalArgumentException(
                    folder + ": expected a folder with images/ and labels/ (YOLO format), found "
                            + (Files.isDirectory(folder) ? "a folder without them" : "no folder"));
        }
        try (Stream<Path> files = Files.walk(images)) {
            List<Entry> entries = files.filter(LabelledPictures::isPicture)
                    .sorted()
                    .map(picture -> new Entry(picture, labels.resolve(labelName(images.relativize(picture)))))
                    .toList();
            if (entries.isEmpty()) {
                throw new IllegalArgumentException(
                        images + ": expected pictures (" + String.join(" ", ENDINGS) + "), found none");
            }
            return entries;
        }
    }

    private static boolean isPicture(Path file) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        return Files.isRegularFile(file) && ENDINGS.stream().anyMatch(name::endsWith);
    }

    private static String labelName(Path picture) {
        String name = picture.toString();
        return name.substring(0, name.lastIndexOf('.')) + ".txt";
    }
}
