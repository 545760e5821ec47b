package io.helmwatch.ingest;

import io.helmwatch.vision.ImageSize;
import org.jspecify.annotations.Nullable;

/**
 * The result of opening a stream once.
 *
 * @param reachable whether a frame was decoded
 * @param codec the codec's name, {@code h264} for example; empty when not reachable
 * @param size size of the first frame as displayed; null when not reachable
 * @param framesPerSecond the stream's own claim; 0 when it makes none
 * @param problem one sentence without secrets; empty when reachable
 * @param warning what should be changed although the stream is reachable; empty where nothing is
 */
public record StreamProbe(
        boolean reachable,
        String codec,
        @Nullable ImageSize size,
        double framesPerSecond,
        String problem,
        String warning) {

    /** A stream that delivers frames. */
    public static StreamProbe of(String codec, ImageSize size, double framesPerSecond) {
        return new StreamProbe(true, codec, size, framesPerSecond, "", "");
    }

    /** A stream that does not, and why. */
    public static StreamProbe failed(String problem) {
        return new StreamProbe(false, "", null, 0, problem, "");
    }

    /** The same result with a warning. */
    public StreamProbe warning(String sentence) {
        return new StreamProbe(reachable, codec, size, framesPerSecond, problem, sentence);
    }
}
