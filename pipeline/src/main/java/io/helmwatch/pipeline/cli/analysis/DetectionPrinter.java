package io.helmwatch.pipeline.cli.analysis;

import io.helmwatch.sinks.DetectionJson;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamStatus;
import java.io.IOException;
import java.io.PrintStream;

/**
 * Prints one JSON line per frame as soon as it is analysed.
 *
 * <p>Threading: {@link #publish} on the pipeline's sink thread; {@link #setSource} by the command's thread while nothing plays. Ownership:
 * the output belongs to the process.
 */
final class DetectionPrinter implements DetectionSink {
    private final DetectionJson json = new DetectionJson();
    private final PrintStream out;
    private final Runnable onClosed;
    private volatile String source = "";
    private volatile boolean outputClosed;

    /**
     * @param onClosed called when the output cannot be written any more, for example because the reader of a pipe ended
     */
    DetectionPrinter(PrintStream out, Runnable onClosed) {
        this.out = out;
        this.onClosed = onClosed;
    }

    /** Sets the path or URL that the next lines name. */
    void setSource(String source) {
        this.source = source;
    }

    /** The path or URL that is played. */
    String source() {
        return source;
    }

    /** Whether the output cannot be written any more. */
    boolean isOutputClosed() {
        return outputClosed;
    }

    @Override
    public String name() {
        return "lines";
    }

    @Override
    public void publish(FrameDetections frame) {
        boolean failed;
        try {
            json.writeDetectLine(
                    source, frame.sequence(), frame.ptsNanos() / 1_000_000, frame.size(), frame.detections(), out);
            // Also flushes, so that a reader sees each line at once.
            failed = out.checkError();
        } catch (IOException e) {
            failed = true;
        }
        if (failed) {
            outputClosed = true;
            onClosed.run();
        }
    }

    @Override
    public void publish(StreamStatus status) {
        // Problems are reported when the source ends.
    }

    @Override
    public void close() {
        // The output belongs to the process.
    }
}
