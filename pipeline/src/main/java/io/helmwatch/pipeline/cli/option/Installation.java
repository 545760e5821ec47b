package io.helmwatch.pipeline.cli.option;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The folder of the installation and the files in it: {@code -Dhelmwatch.home}, else the folder above the program's files. */
public final class Installation {
    private static final Path MODEL = Path.of("models", "helmet-yolov5n.onnx");
    private static final Path CLIP = Path.of("models", "demo-clip", "yard.mp4");

    private Installation() {}

    /** The shipped helmet model. */
    public static Path model() {
        return shipped(MODEL, "model", "give another one with --model");
    }

    /** The clip of the demonstration. */
    public static Path demoClip() {
        return shipped(CLIP, "demo clip", "give a clip of your own to 'helmwatch detect'");
    }

    /** The model that was asked for, else the shipped one. */
    public static Path model(@Nullable Path wanted) {
        if (wanted == null) {
            return model();
        }
        if (!Files.isRegularFile(wanted)) {
            throw CommandFailure.usage(
                    "model " + wanted + ": there is no such file; expected an ONNX export of YOLOv5");
        }
        return wanted;
    }

    private static Path shipped(Path inside, String what, String otherwise) {
        Path file = home().resolve(inside);
        if (!Files.isRegularFile(file)) {
            throw CommandFailure.usage("the shipped " + what + " is not at " + file
                    + ": set -Dhelmwatch.home to the folder" + " that holds " + inside + ", or " + otherwise);
        }
        return file;
    }

    public static Path home() {
        String configured = System.getProperty("helmwatch.home");
        if (configured != null) {
            return Path.of(configured);
        }
        try {
            Path code = Path.of(Installation.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            for (Path folder = code; folder != null; folder = folder.getParent()) {
                if (Files.isDirectory(folder.resolve("models"))) {
                    return folder;
                }
            }
        } catch (URISyntaxException odd) {
            // A location that is no path has no folder above it.
        }
        return Path.of("").toAbsolutePath();
    }
}
