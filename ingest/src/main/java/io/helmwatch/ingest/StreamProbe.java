package io.helmwatch.ingest;

import io.helmwatch.vision.ImageSize;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The result of opening a stream once.
 *
 * @param reachable whether a frame was decoded
 * @param codec the codec's name, {@code h264} for example; empty when not reachable
 * @param size size of the first frame as displayed; null when not reachable
 * @param framesPerSecond the stream's own claim; 0 when it makes none
 * @param clockOffsetSeconds how far the camera's clock is ahead of ours; NaN where the camera does not tell it
 * @param problem one sentence without secrets; empty when reachable
 * @param warnings what should be changed although the stream is reachable, one sentence each
 */
public record StreamProbe(
        boolean reachable,
        String codec,
        @Nullable ImageSize size,
        double framesPerSecond,
        double clockOffsetSeconds,
        String problem,
        List<String> warnings) {

    /** Keeps its own copy of the warnings. */
    public StreamProbe {
        warnings = List.copyOf(warnings);
    }

    /** A stream that delivers frames. */
    public static StreamProbe of(String codec, ImageSize size, double framesPerSecond, double clockOffsetSeconds) {
        return new StreamProbe(true, codec, size, framesPerSecond, clockOffsetSeconds, "", List.of());
    }

    /** A stream that does not, and why. */
    public static StreamProbe failed(String problem) {
        return new StreamProbe(false, "", null, 0, Double.NaN, problem, List.of());
    }

    /** The same result with another warning; without one where the sentence is empty. */
    public StreamProbe withWarning(String sentence) {
        if (sentence.isEmpty()) {
            return this;
        }
        List<String> all = new ArrayList<>(warnings);
        all.add(sentence);
        return new StreamProbe(reachable, codec, size, framesPerSecond, clockOffsetSeconds, problem, all);
    }
}
