package io.helmwatch.inference.tensorrt;

import io.helmwatch.resource.AtomicFile;
import io.helmwatch.resource.AtomicFile.Durability;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Result of a calibration: for each tensor, the magnitude that is quantised to 127.
 *
 * @param ranges by tensor
 */
record ActivationRanges(Map<String, Range> ranges) {

    private static final String MAGIC = "helmwatch-calibration 1";

    /**
     * The range of a tensor.
     *
     * @param threshold magnitude that is quantised to 127, above 0
     * @param signalToNoise power of the signal over power of the quantisation error, in decibels
     */
    record Range(float threshold, double signalToNoise) {}

    ActivationRanges {
        ranges = Map.copyOf(ranges);
    }

    /**
     * Reads a file.
     *
     * @param key the key it must have been written with
     * @return empty when there is none, it is damaged or has another key
     */
    static Optional<ActivationRanges> read(Path file, String key) {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (IOException e) {
            return Optional.empty();
        }
        int end = lines.size() - 1;
        if (end < 2
                || !lines.get(0).equals(MAGIC)
                || !lines.get(1).equals(key)
                || !lines.get(end).equals(digest(lines.subList(0, end)))) {
            return Optional.empty();
        }
        Map<String, Range> found = new LinkedHashMap<>();
        for (String line : lines.subList(2, end)) {
            String[] words = line.split(" ", 3);
            found.put(words[2], new Range(Float.parseFloat(words[0]), Double.parseDouble(words[1])));
        }
        return Optional.of(new ActivationRanges(found));
    }

    /**
     * Replaces a file atomically: a magic line, the key, a line for each tensor (threshold, decibels, name), and a digest of these lines.
     *
     * @param key one line
     */
    void write(Path file, String key) throws IOException {
        StringBuilder text = new StringBuilder(MAGIC + "\n" + key + "\n");
        new TreeMap<>(ranges)
                .forEach((tensor, range) -> text.append(range.threshold)
                        .append(' ')
                        .append(range.signalToNoise)
                        .append(' ')
                        .append(tensor)
                        .append('\n'));
        text.append(digest(text.toString().lines().toList())).append('\n');
        AtomicFile.replace(file, text.toString().getBytes(StandardCharsets.UTF_8), Durability.CACHED);
    }

    private static String digest(List<String> lines) {
        return "sha256 "
                + HexFormat.of()
                        .formatHex(EngineKey.sha256(String.join("\n", lines).getBytes(StandardCharsets.UTF_8)));
    }
}
