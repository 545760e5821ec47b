package io.helmwatch.inference;

import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.tensor.LetterboxAnchor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Metadata of a detector, with the configuration's values where it has some. Keys: {@code names} (Python dictionary or list, or
 * JSON), {@code stride}, {@code imgsz}, {@code anchors} (one list of six numbers per head), {@code letterbox} (JSON:
 * {@code anchor}, {@code pad}), {@code model_name}, {@code model_version}.
 */
record ModelMetadata(ModelFile file, ModelConfig config) {

    static final int MAX_SIDE = 1 << 14;
    private static final int DEFAULT_SIDE = 640;
    private static final int DEFAULT_PAD = 114;

    /** The input's size where the file leaves it open: {@code imgsz}, else 640×640. */
    static ImageSize defaultInputSize(ModelFile file) {
        if (literal(file, "imgsz") instanceof List<?> sides
                && sides.size() == 2
                && sides.get(0) instanceof Double height
                && sides.get(1) instanceof Double width
                && height >= 1
                && width >= 1) {
            return new ImageSize(width.intValue(), height.intValue());
        }
        return new ImageSize(DEFAULT_SIDE, DEFAULT_SIDE);
    }

    /** The largest stride as declared, else as found from the outputs. */
    int stride(int found) {
        String declared = file.metadata().get("stride");
        if (declared == null) {
            return found;
        }
        try {
            int value = (int) Double.parseDouble(declared.strip());
            if (value >= 1 && value <= MAX_SIDE) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Refused below.
        }
        throw refusal(file, "expected a number of pixels in metadata 'stride', found '" + declared + "'");
    }

    /** Sizes of three anchors for each raw head, six numbers a head; null when the metadata has none. */
    @Nullable
    List<List<Float>> anchorSizes(int heads) {
        Object declared = literal(file, "anchors");
        if (declared == null) {
            return null;
        }
        List<List<Float>> sizes = new ArrayList<>();
        if (declared instanceof List<?> perHead) {
            for (Object head : perHead) {
                List<Float> numbers = new ArrayList<>();
                flatten(head, numbers);
                sizes.add(numbers);
            }
        }
        int expected = 2 * OutputLayout.ANCHORS_PER_CELL;
        if (sizes.size() != heads || sizes.stream().anyMatch(head -> head.size() != expected)) {
            throw refusal(
                    file,
                    "expected six anchor numbers for each of " + heads + " heads in metadata 'anchors', found "
                            + file.metadata().get("anchors"));
        }
        return sizes;
    }

    private static void flatten(Object value, List<Float> numbers) {
        if (value instanceof Double number) {
            numbers.add(number.floatValue());
        } else if (value instanceof List<?> list) {
            list.forEach(item -> flatten(item, numbers));
        }
    }

    /** One label for each class: the configuration's, else {@code names}, else numbered ones. */
    List<String> labels(int classes) {
        if (!config.labels().isEmpty()) {
            if (config.labels().size() != classes) {
                throw refusal(
                        file,
                        "expected " + classes + " labels in the configuration, one per class of the model, found "
                                + config.labels().size());
            }
            return config.labels();
        }
        if (literal(file, "names") == null) {
            List<String> numbered = new ArrayList<>();
            for (int i = 0; i < classes; i++) {
                numbered.add("class" + i);
            }
            return List.copyOf(numbered);
        }
        Map<Integer, String> byIndex = names();
        for (int i = 0; i < classes; i++) {
            if (byIndex.size() != classes || !byIndex.containsKey(i)) {
                throw refusal(
                        file,
                        "expected " + classes + " class names in metadata 'names', one per class of the model, found "
                                + byIndex.size() + "; set model.labels in the configuration instead");
            }
        }
        return List.copyOf(byIndex.values());
    }

    /** The labels of the configuration, else {@code names}, whatever the number of classes; empty where neither has any. */
    List<String> declaredLabels() {
        return config.labels().isEmpty() ? List.copyOf(names().values()) : config.labels();
    }

    private Map<Integer, String> names() {
        Map<Integer, String> byIndex = new TreeMap<>();
        Object names = literal(file, "names");
        if (names instanceof List<?> list) {
            for (int i = 0; i < list.size(); i++) {
                byIndex.put(i, String.valueOf(list.get(i)));
            }
        } else if (names instanceof Map<?, ?> map) {
            map.forEach((key, value) -> byIndex.put(index(key), String.valueOf(value)));
        }
        return byIndex;
    }

    private int index(Object key) {
        try {
            return (int) Double.parseDouble(String.valueOf(key));
        } catch (NumberFormatException e) {
            throw refusal(file, "expected class numbers as keys in metadata 'names', found '" + key + "'");
        }
    }

    /** Where the image is placed in the input; centred by default. */
    LetterboxAnchor letterboxAnchor() {
        ModelConfig.Anchor configured = config.letterboxAnchor();
        if (configured != null) {
            return configured == ModelConfig.Anchor.CENTER ? LetterboxAnchor.CENTER : LetterboxAnchor.TOP_LEFT;
        }
        Object declared = literal(file, "letterbox") instanceof Map<?, ?> letterbox ? letterbox.get("anchor") : null;
        if (declared == null) {
            return LetterboxAnchor.CENTER;
        }
        return switch (declared.toString().toLowerCase(Locale.ROOT).replace('_', '-')) {
            case "center" -> LetterboxAnchor.CENTER;
            case "top-left" -> LetterboxAnchor.TOP_LEFT;
            default ->
                throw refusal(file, "expected letterbox anchor 'center' or 'top-left', found '" + declared + "'");
        };
    }

    /** Value of the padding, 0..255; 114 by default. */
    int letterboxPad() {
        Object declared = config.letterboxPadValue();
        if (declared == null && literal(file, "letterbox") instanceof Map<?, ?> letterbox) {
            declared = letterbox.get("pad");
        }
        if (declared == null) {
            return DEFAULT_PAD;
        }
        if (declared instanceof Number pad && pad.doubleValue() >= 0 && pad.doubleValue() <= 255) {
            return pad.intValue();
        }
        throw refusal(file, "expected a letterbox pad value of 0..255, found " + declared);
    }

    /** {@code model_name}, else the file's name. */
    String name() {
        String declared = file.metadata().get("model_name");
        return declared != null && !declared.isBlank() ? declared.strip() : file.stem();
    }

    /** {@code model_version}, else the beginning of the file's digest. */
    String version() {
        String declared = file.metadata().get("model_version");
        return declared != null && !declared.isBlank()
                ? declared.strip()
                : file.sha256().substring(0, 12);
    }

    private static @Nullable Object literal(ModelFile file, String key) {
        String text = file.metadata().get(key);
        if (text == null || text.isBlank()) {
            return null;
        }
        try {
            return MetadataLiteral.parse(text);
        } catch (IllegalArgumentException e) {
            throw refusal(
                    file,
                    "expected a Python or JSON literal in metadata '" + key + "', found one that " + e.getMessage());
        }
    }

    static ModelException refusal(ModelFile file, String what) {
        return new ModelException("model " + file.path() + ": " + what);
    }
}
