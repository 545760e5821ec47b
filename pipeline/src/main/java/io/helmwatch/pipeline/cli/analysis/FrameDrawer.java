package io.helmwatch.pipeline.cli.analysis;

import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.resource.AtomicFile;
import io.helmwatch.resource.FailureText;
import io.helmwatch.sinks.opencv.FrameDrawing;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.VideoFrame;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.function.Function;

/**
 * Writes frames as drawn JPEG files while they pass the pipeline.
 *
 * <p>Threading: as {@link FrameAnalyzer}. Errors: an image that cannot be written fails the frame and is reported with its source.
 */
final class FrameDrawer implements FrameAnalyzer {
    private final FrameDrawing drawing;
    private final Function<FrameDetections, Path> file;
    private final Runnable onWritten;

    /**
     * @param file where a frame is written
     * @param onWritten called after each image
     */
    FrameDrawer(FrameDrawing drawing, Function<FrameDetections, Path> file, Runnable onWritten) {
        this.drawing = drawing;
        this.file = file;
        this.onWritten = onWritten;
    }

    @Override
    public FrameDetections analyze(FrameDetections detections, VideoFrame frame) {
        Path target = file.apply(detections);
        try {
            AtomicFile.replace(target, drawing.jpeg(frame, detections.detections()), AtomicFile.Durability.CACHED);
        } catch (IOException e) {
            throw new UncheckedIOException(target + " cannot be written: " + FailureText.of(e), e);
        }
        onWritten.run();
        return detections;
    }

    @Override
    public void close() {
        // Holds nothing.
    }
}
