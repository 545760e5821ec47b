package io.helmwatch.postprocess;

import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.ImageSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A labelled object of an image: ground truth.
 *
 * @param classIndex index of its class
 * @param sourceBox box in source pixels
 */
public record LabelledBox(int classIndex, BoundingBox sourceBox) {

    /**
     * Reads a label file in YOLO format: per line a class number, centre x, centre y, width and height as fractions of the
     * image size. Empty lines are skipped.
     *
     * @param file the text file; a missing file means no objects
     * @param image size of the image
     * @param classes number of classes
     * @throws IllegalArgumentException when a line has another format; the message names file and line
     * @throws IOException when the file cannot be read
     */
    public static List<LabelledBox> read(Path file, ImageSize image, int classes) throws IOException {
        if (!Files.exists(file)) {
            return List.of();
        }
        List<LabelledBox> boxes = new ArrayList<>();
        int number = 0;
        for (String line : Files.readAllLines(file)) {
            number++;
            if (!line.isBlank()) {
                boxes.add(parse(line.strip(), file + ":" + number, image, classes));
            }
        }
        return List.copyOf(boxes);
    }

    private static LabelledBox parse(String line, String where, ImageSize image, int classes) {
        String[] words = line.split("\\s+", -1);
        try {
            if (words.length == 5) {
                int classIndex = Integer.parseInt(words[0]);
                double x = Double.parseDouble(words[1]) * image.width();
                double y = Double.parseDouble(words[2]) * image.height();
                double halfWidth = Double.parseDouble(words[3]) * image.width() / 2;
                double halfHeight = Double.parseDouble(words[4]) * image.height() / 2;
                if (classIndex >= 0
                        && classIndex < classes
                        && halfWidth > 0
                        && halfHeight > 0
                        && Double.isFinite(x + y)) {
                    return new LabelledBox(
                            classIndex,
                            new BoundingBox(
                                    (float) (x - halfWidth), (float) (y - halfHeight), (float) (x + halfWidth), (float)
                                            (y + halfHeight)));
                }
            }
        } catch (NumberFormatException e) {
            // Reported below.
        }
        throw new IllegalArgumentException(where + ": expected a class below " + classes
                + " and centre x, centre y, width, height as fractions, found '" + line + "'");
    }
}
