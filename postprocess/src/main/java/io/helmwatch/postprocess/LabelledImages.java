package io.helmwatch.postprocess;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * A directory of labelled images in YOLO format: images under {@code images/}, and under {@code labels/} a text file of the
 * same name for each image with objects.
 *
 * <p>Threading: any thread.
 */
public final class LabelledImages {

    private static final List<String> EXTENSIONS = List.of(".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff");

    private LabelledImages() {}

    /**
     * One image.
     *
     * @param image its file
     * @param labels its label file, which may be missing
     */
    public record Entry(Path image, Path labels) {}

    /**
     * Lists a directory by name, including subdirectories of {@code images/}.
     *
     * @throws IllegalArgumentException when there is no directory {@code images} with images or no directory {@code labels}
     * @throws IOException when a directory cannot be read
     */
    public static List<Entry> list(Path folder) throws IOException {
        Path images = folder.resolve("images");
        Path labels = folder.resolve("labels");
        if (!Files.isDirectory(images) || !Files.isDirectory(labels)) {
            throw new IllegalArgumentException(
                    folder + ": expected a directory with images/ and labels/ (YOLO format), found "
                            + (Files.isDirectory(folder) ? "a directory without them" : "no directory"));
        }
        try (Stream<Path> files = Files.walk(images)) {
            List<Entry> entries = files.filter(LabelledImages::isImage)
                    .sorted()
                    .map(image -> new Entry(image, labels.resolve(labelName(images.relativize(image)))))
                    .toList();
            if (entries.isEmpty()) {
                throw new IllegalArgumentException(
                        images + ": expected images (" + String.join(" ", EXTENSIONS) + "), found none");
            }
            return entries;
        }
    }

    private static boolean isImage(Path file) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        return Files.isRegularFile(file) && EXTENSIONS.stream().anyMatch(name::endsWith);
    }

    private static String labelName(Path image) {
        String name = image.toString();
        return name.substring(0, name.lastIndexOf('.')) + ".txt";
    }
}
