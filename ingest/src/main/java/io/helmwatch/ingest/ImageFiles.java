package io.helmwatch.ingest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/** Image files: recognised by the ending of their name, in natural order. Threading: any thread. */
public final class ImageFiles {
    private static final Set<String> ENDINGS = Set.of("jpg", "jpeg", "png", "bmp", "webp", "heic", "heif", "avif");

    /** {@code frame2.jpg} before {@code frame10.jpg}: digits compare as numbers, letters without case. */
    public static final Comparator<Path> NATURAL_ORDER =
            Comparator.comparing(path -> path.getFileName().toString(), ImageFiles::compareNaturally);

    private ImageFiles() {}

    /** Whether the name ends like that of an image: jpg, jpeg, png, bmp, webp, heic, heif, avif. */
    public static boolean isImage(Path file) {
        return ENDINGS.contains(StreamAddress.ending(file.getFileName().toString()));
    }

    /**
     * The images of a folder in natural order, without subfolders and hidden files.
     *
     * @throws IngestException when the folder cannot be read or holds none
     */
    public static List<Path> inFolder(Path folder) {
        List<Path> images;
        try (Stream<Path> files = Files.list(folder)) {
            images = files.filter(ImageFiles::isImage)
                    .filter(file -> !file.getFileName().toString().startsWith("."))
                    .filter(Files::isRegularFile)
                    .sorted(NATURAL_ORDER)
                    .toList();
        } catch (IOException | java.io.UncheckedIOException e) {
            throw new IngestException("The folder " + folder + " cannot be read: check its permissions.");
        }
        if (images.isEmpty()) {
            throw new IngestException("The folder " + folder
                    + " holds no images: expected files that end in .jpg, .jpeg, .png, .bmp or .webp.");
        }
        return images;
    }

    static int compareNaturally(String left, String right) {
        String a = left.toLowerCase(Locale.ROOT);
        String b = right.toLowerCase(Locale.ROOT);
        int i = 0;
        int j = 0;
        while (i < a.length() && j < b.length()) {
            if (isDigit(a.charAt(i)) && isDigit(b.charAt(j))) {
                int endA = endOfDigits(a, i);
                int endB = endOfDigits(b, j);
                int order = compareNumbers(a.substring(i, endA), b.substring(j, endB));
                if (order != 0) {
                    return order;
                }
                i = endA;
                j = endB;
            } else {
                int order = Character.compare(a.charAt(i++), b.charAt(j++));
                if (order != 0) {
                    return order;
                }
            }
        }
        int order = Integer.compare(a.length() - i, b.length() - j);
        return order != 0 ? order : left.compareTo(right);
    }

    private static int compareNumbers(String a, String b) {
        String x = a.replaceFirst("^0+(?=.)", "");
        String y = b.replaceFirst("^0+(?=.)", "");
        return x.length() != y.length() ? Integer.compare(x.length(), y.length()) : x.compareTo(y);
    }

    private static int endOfDigits(String text, int from) {
        int end = from;
        while (end < text.length() && isDigit(text.charAt(end))) {
            end++;
        }
        return end;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
