package io.helmwatch.inference.onnx;

import io.helmwatch.inference.ModelException;
import io.helmwatch.inference.ModelFile;
import io.helmwatch.inference.OnnxModel;
import io.helmwatch.inference.PrecisionConverter;
import io.helmwatch.resource.AtomicFile;
import io.helmwatch.resource.AtomicFile.Durability;
import io.helmwatch.resource.FailureText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Ranges with which a model runs in INT8 on a CPU. They are a text file beside the model, {@code NAME.int8.ranges}: a magic line,
 * the digest of the model, the clipped share, a line for each convolution that stays in floating point, and one for each tensor (low,
 * high, name). The model itself stays in FP32 and is quantised when it is loaded.
 *
 * <p>Threading: immutable.
 */
public final class QuantizationRanges {

    private static final String MAGIC = "helmwatch-int8-ranges " + QdqQuantizer.LAYOUT;
    private static final String MODEL = "model sha256:";
    private static final String CLIPPED = "clipped ";
    private static final String KEPT = "fp32 ";

    private final String modelSha256;
    private final double clipped;
    private final Set<String> kept;
    private final Map<String, ValueRange> ranges;

    QuantizationRanges(String modelSha256, double clipped, Set<String> kept, Map<String, ValueRange> ranges) {
        this.modelSha256 = modelSha256;
        this.clipped = clipped;
        this.kept = Set.copyOf(kept);
        this.ranges = Map.copyOf(ranges);
    }

    /** The file of a model's ranges. */
    public static Path fileOf(Path model) {
        return sibling(model, ".int8.ranges");
    }

    /** The file of the verdict on a model's INT8 form. */
    public static Path verdictOf(Path model) {
        return sibling(model, ".int8.json");
    }

    private static Path sibling(Path model, String extension) {
        String name = String.valueOf(model.getFileName());
        int dot = name.lastIndexOf('.');
        return model.resolveSibling((dot > 0 ? name.substring(0, dot) : name) + extension);
    }

    /**
     * Reads the ranges beside a model.
     *
     * @return empty when there is no file
     * @throws ModelException when the file is damaged, or was written for another model or layout
     */
    public static Optional<QuantizationRanges> of(ModelFile model) {
        Path file = fileOf(model.path());
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (IOException e) {
            throw refusal(file, "a file that cannot be read: " + FailureText.of(e));
        }
        if (lines.size() < 4 || !lines.get(0).equals(MAGIC)) {
            throw refusal(file, "another kind or version of file");
        }
        if (!lines.get(1).equals(MODEL + model.sha256())) {
            throw refusal(file, "ranges of another model");
        }
        try {
            double clipped = Double.parseDouble(lines.get(2).substring(CLIPPED.length()));
            Set<String> kept = new HashSet<>();
            Map<String, ValueRange> ranges = new HashMap<>();
            for (String line : lines.subList(3, lines.size())) {
                if (line.startsWith(KEPT)) {
                    kept.add(line.substring(KEPT.length()));
                    continue;
                }
                String[] words = line.split(" ", 3);
                ranges.put(words[2], new ValueRange(Float.parseFloat(words[0]), Float.parseFloat(words[1])));
            }
            return Optional.of(new QuantizationRanges(model.sha256(), clipped, kept, ranges));
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw refusal(file, "a damaged file");
        }
    }

    private static ModelException refusal(Path file, String found) {
        return new ModelException(
                "INT8 ranges " + file + ": expected a file of 'helmwatch quantize' for this model, found " + found
                        + ": quantize again, or set inference.precision to fp32");
    }

    /** Replaces the file beside a model. */
    public void write(Path model) throws IOException {
        StringBuilder text = new StringBuilder(MAGIC + "\n" + MODEL + modelSha256 + "\n" + CLIPPED + clipped + "\n");
        new TreeSet<>(kept).forEach(layer -> text.append(KEPT).append(layer).append('\n'));
        new TreeMap<>(ranges)
                .forEach((tensor, range) ->
                        text.append(String.format(Locale.ROOT, "%s %s %s%n", range.low(), range.high(), tensor)));
        Path file = fileOf(model);
        AtomicFile.replace(file, text.toString().getBytes(StandardCharsets.UTF_8), Durability.CACHED);
        // The service that reads it may run as another user, as it may for the model.
        Files.setPosixFilePermissions(file, Files.getPosixFilePermissions(model));
    }

    /** Labels of the convolutions that stay in floating point, sorted. */
    public List<String> kept() {
        return kept.stream().sorted().toList();
    }

    /**
     * The bytes of the model as it runs in INT8, for other runtimes.
     *
     * @throws ModelException when the model cannot be quantised with these ranges
     */
    public byte[] quantizedModel(Path model) {
        return quantize(model).bytes();
    }

    /**
     * The quantised model.
     *
     * @throws ModelException when the model cannot be quantised with these ranges
     */
    QuantizedModel quantize(Path model) {
        OnnxModel fp32 = OnnxModel.read(model);
        PrecisionConverter.toFp32(fp32);
        int convolutions = new QdqQuantizer(fp32, "model " + model, kept).quantize(ranges);
        return new QuantizedModel(fp32.toBytes(), convolutions);
    }

    /**
     * A quantised model.
     *
     * @param bytes the ONNX file
     * @param convolutions number of convolutions that run in INT8
     */
    record QuantizedModel(byte[] bytes, int convolutions) {}
}
