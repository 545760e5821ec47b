package io.helmwatch.pipeline.evaluation;

import io.helmwatch.ingest.ImageFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/** Images and clips that a path or URL names. Threading: any thread. */
public final class MediaFiles {
    private static final Set<String> EXTENSIONS = Set.of(
            "jpg", "jpeg", "png", "bmp", "webp", "gif", "mp4", "m4v", "mov", "mkv", "webm", "avi", "ts", "h264", "264",
            "hevc", "h265", "265", "mjpeg", "mpg", "mpeg", "3gp", "wmv", "flv", "ivf", "obu");

    private MediaFiles() {}

    /**
     * The images and clips of a folder in natural order; everything else as it is.
     *
     * @throws IllegalArgumentException for a folder without images or clips
     * @throws IllegalStateException for a folder that cannot be read
     */
    public static List<String> list(String path) {
        Path folder;
        try {
            folder = Path.of(path);
        } catch (InvalidPathException url) {
            return List.of(path);
        }
        if (!Files.isDirectory(folder)) {
            return List.of(path);
        }
        try (Stream<Path> files = Files.list(folder)) {
            List<String> media = files.filter(MediaFiles::isMedia)
                    .sorted(ImageFiles.NATURAL_ORDER)
                    .map(Path::toString)
                    .toList();
            if (media.isEmpty()) {
                throw new IllegalArgumentException("folder " + path + ": expected images or clips, found none");
            }
            return media;
        } catch (IOException | UncheckedIOException e) {
            throw new IllegalStateException("folder " + path + " cannot be read: check its permissions", e);
        }
    }

    /** As {@link #list}, with all images of a folder as one source, the folder, before its clips. */
    public static List<String> sources(Path path) {
        List<String> media = list(path.toString());
        if (!Files.isDirectory(path)) {
            return media;
        }
        List<String> sources = new ArrayList<>();
        if (media.stream().anyMatch(MediaFiles::isImage)) {
            sources.add(path.toString());
        }
        media.stream().filter(file -> !isImage(file)).forEach(sources::add);
        return sources;
    }

    private static boolean isImage(String file) {
        return ImageFiles.isImage(Path.of(file));
    }

    private static boolean isMedia(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        int dot = name.lastIndexOf('.');
        return !name.startsWith(".")
                && dot >= 0
                && EXTENSIONS.contains(name.substring(dot + 1))
                && Files.isRegularFile(file);
    }
}
