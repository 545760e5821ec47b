package io.helmwatch.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * One mapping of the file, read key by key. A value that does not fit becomes a problem and reads as its default, so that
 * one pass finds everything; {@link #end} reports keys that nobody asked for.
 *
 * <p>Scalars are read from their text, not from YAML's guess of a type: {@code id: on} is the text "on". Values show in
 * problems as they stand in the file, before substitution, and not at all in secret sections.
 */
final class Section {
    private final ConfigLoader.Context context;
    private final String path;
    private final boolean secret;
    private final @Nullable Node node;
    private final Map<String, NodeTuple> entries = new LinkedHashMap<>();
    private final List<String> known = new ArrayList<>();

    /** A section; a null node is an absent one, where every key has its default. */
    Section(ConfigLoader.Context context, String path, @Nullable Node node, boolean secret) {
        this.context = context;
        this.path = path;
        this.secret = secret;
        this.node = node;
        if (node instanceof MappingNode mapping) {
            addAll(mapping);
            merge(mapping, new HashSet<>(Set.of(mapping)));
        } else if (node != null && !isNull(node)) {
            context.problem(node, path, "must be a section (key: value lines), but is " + kind(node));
        }
    }

    private void addAll(MappingNode mapping) {
        for (NodeTuple tuple : mapping.getValue()) {
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                context.problem(
                        tuple.getKeyNode(), path, "a key must be plain text, but is " + kind(tuple.getKeyNode()));
            } else if (!key.getTag().equals(Tag.MERGE)) {
                NodeTuple earlier = entries.putIfAbsent(key.getValue(), tuple);
                if (earlier != null) {
                    int line = earlier.getKeyNode().getStartMark().getLine() + 1;
                    context.problem(key, pathOf(key.getValue()), "given twice; the first is in line " + line);
                }
            }
        }
    }

    /**
     * Takes over what {@code <<} names, keys that are there already winning. Each mapping is looked at once, so that one that
     * merges itself does no harm (SnakeYAML's own merging never ends on that; nodes compare by identity).
     */
    private void merge(MappingNode mapping, Set<MappingNode> seen) {
        for (NodeTuple tuple : mapping.getValue()) {
            if (!tuple.getKeyNode().getTag().equals(Tag.MERGE)) {
                continue;
            }
            Node value = tuple.getValueNode();
            List<Node> sources = value instanceof SequenceNode sequence ? sequence.getValue() : List.of(value);
            for (Node source : sources) {
                if (!(source instanceof MappingNode merged)) {
                    context.problem(tuple.getKeyNode(), pathOf("<<"), "must name a section, but is " + kind(source));
                } else if (seen.add(merged)) {
                    for (NodeTuple entry : merged.getValue()) {
                        if (entry.getKeyNode() instanceof ScalarNode key
                                && !key.getTag().equals(Tag.MERGE)) {
                            entries.putIfAbsent(key.getValue(), entry);
                        }
                    }
                    merge(merged, seen);
                }
            }
        }
    }

    String path() {
        return path;
    }

    @Nullable
    Node node() {
        return node;
    }

    boolean has(String key) {
        return entries.containsKey(key);
    }

    /** Reports keys that were not asked for, each with the nearest that could be meant. */
    void end() {
        for (Map.Entry<String, NodeTuple> entry : entries.entrySet()) {
            if (!known.contains(entry.getKey())) {
                String nearest = Spelling.nearest(entry.getKey(), known);
                String hint = nearest == null
                        ? "expected one of " + String.join(", ", known)
                        : "did you mean '" + nearest + "'?";
                context.problem(entry.getValue().getKeyNode(), pathOf(entry.getKey()), "unknown key; " + hint);
            }
        }
    }

    /** A problem of a key, at its value where it is given, else at the section. */
    void problem(String key, String rule) {
        NodeTuple tuple = entries.get(key);
        if (tuple == null) {
            context.problem(node, pathOf(key), rule);
        } else {
            context.problem(tuple.getValueNode(), shown(key, tuple.getValueNode()), rule);
        }
    }

    Section section(String key, boolean secretSection) {
        asked(key);
        NodeTuple tuple = entries.get(key);
        return new Section(context, pathOf(key), tuple == null ? null : tuple.getValueNode(), secret || secretSection);
    }

    /** Whether a key has a list; one that has may also have a single value. */
    boolean isList(String key) {
        NodeTuple tuple = entries.get(key);
        return tuple != null && tuple.getValueNode() instanceof SequenceNode;
    }

    /** The items of a list; null where the key is absent, empty where it is no list. */
    @Nullable
    List<Node> items(String key) {
        asked(key);
        NodeTuple tuple = entries.get(key);
        if (tuple == null || isNull(tuple.getValueNode())) {
            return null;
        }
        if (tuple.getValueNode() instanceof SequenceNode sequence) {
            return sequence.getValue();
        }
        problem(key, "must be a list (lines that begin with '- '), but is " + kind(tuple.getValueNode()));
        return List.of();
    }

    /** The text of a scalar after substitution; null where absent, null or wrong. */
    @Nullable
    String text(String key) {
        asked(key);
        NodeTuple tuple = entries.get(key);
        if (tuple == null || isNull(tuple.getValueNode())) {
            return null;
        }
        if (!(tuple.getValueNode() instanceof ScalarNode scalar)) {
            problem(key, "must be a single value, but is " + kind(tuple.getValueNode()));
            return null;
        }
        return substitute(scalar, shown(key, scalar));
    }

    String text(String key, String byDefault, Predicate<String> accepted, String rule) {
        String text = text(key);
        if (text == null) {
            return byDefault;
        }
        if (!accepted.test(text)) {
            problem(key, rule);
            return byDefault;
        }
        return text;
    }

    boolean flag(String key, boolean byDefault) {
        String text = text(key);
        if (text == null) {
            return byDefault;
        }
        switch (text.trim().toLowerCase(Locale.ROOT)) {
            case "true", "yes", "on" -> {
                return true;
            }
            case "false", "no", "off" -> {
                return false;
            }
            default -> {
                problem(key, "must be true or false");
                return byDefault;
            }
        }
    }

    int wholeNumber(String key, int byDefault, int min, int max) {
        String text = text(key);
        if (text == null) {
            return byDefault;
        }
        long value;
        try {
            value = Long.parseLong(text.trim().replace("_", ""));
        } catch (NumberFormatException e) {
            problem(key, "must be a whole number");
            return byDefault;
        }
        if (value < min || value > max) {
            problem(key, max == Integer.MAX_VALUE ? "must be >= " + min : "must be from " + min + " to " + max);
            return byDefault;
        }
        return (int) value;
    }

    double number(String key, double byDefault, double min, double max) {
        String text = text(key);
        if (text == null) {
            return byDefault;
        }
        double value;
        try {
            value = Double.parseDouble(text.trim());
        } catch (NumberFormatException e) {
            problem(key, "must be a number");
            return byDefault;
        }
        if (!(value >= min && value <= max)) {
            problem(
                    key,
                    max == Double.MAX_VALUE
                            ? "must be >= " + ConfigText.number(min)
                            : "must be from " + ConfigText.number(min) + " to " + ConfigText.number(max));
            return byDefault;
        }
        return value;
    }

    /** A number of bytes, plain or with a unit such as {@code 256MiB}. */
    long bytes(String key, long byDefault, long min, long max) {
        return inRange(key, byDefault, min, max, Bytes::parse, Bytes::format, Bytes.RULE);
    }

    Duration duration(String key, Duration byDefault, Duration min, Duration max) {
        return inRange(key, byDefault, min, max, Durations::parse, Durations::format, Durations.RULE);
    }

    private <T extends Comparable<T>> T inRange(
            String key,
            T byDefault,
            T min,
            T max,
            Function<String, @Nullable T> parse,
            Function<T, String> format,
            String rule) {
        String text = text(key);
        if (text == null) {
            return byDefault;
        }
        T value = parse.apply(text);
        if (value == null) {
            problem(key, rule);
            return byDefault;
        }
        if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            problem(key, "must be from " + format.apply(min) + " to " + format.apply(max));
            return byDefault;
        }
        return value;
    }

    <E extends Enum<E>> E choice(String key, E byDefault) {
        String text = text(key);
        if (text == null) {
            return byDefault;
        }
        List<E> values = List.of(byDefault.getDeclaringClass().getEnumConstants());
        for (E value : values) {
            if (ConfigText.name(value).equals(text.trim().toLowerCase(Locale.ROOT))) {
                return value;
            }
        }
        problem(
                key,
                "must be one of "
                        + String.join(
                                ", ", values.stream().map(ConfigText::name).toList()));
        return byDefault;
    }

    @Nullable
    String choice(String key, String... values) {
        String text = text(key);
        if (text == null) {
            return null;
        }
        String choice = text.trim().toLowerCase(Locale.ROOT);
        if (!Arrays.asList(values).contains(choice)) {
            problem(key, "must be one of " + String.join(", ", values));
            return null;
        }
        return choice;
    }

    /** A path against the file's folder; null where absent or wrong. */
    @Nullable
    Path path(String key) {
        String text = text(key);
        if (text == null) {
            return null;
        }
        if (text.isBlank()) {
            problem(key, "must be a path, but is empty");
            return null;
        }
        try {
            return context.resolve(text);
        } catch (InvalidPathException e) {
            problem(key, "must be a path");
            return null;
        }
    }

    List<String> texts(String key) {
        List<String> texts = new ArrayList<>();
        List<Node> items = items(key);
        for (int i = 0; items != null && i < items.size(); i++) {
            String itemPath = pathOf(key) + "[" + i + "]";
            if (items.get(i) instanceof ScalarNode scalar && !isNull(scalar)) {
                String text = substitute(scalar, itemPath);
                if (text != null) {
                    texts.add(text);
                }
            } else {
                context.problem(items.get(i), itemPath, "must be a single value, but is " + kind(items.get(i)));
            }
        }
        return texts;
    }

    /** All entries of this section as text; the keys are free. */
    Map<String, String> asTexts() {
        Map<String, String> texts = new LinkedHashMap<>();
        for (String key : entries.keySet()) {
            String text = text(key);
            if (text != null) {
                texts.put(key, text);
            }
        }
        return texts;
    }

    private @Nullable String substitute(ScalarNode scalar, String shown) {
        return context.substitute(scalar, shown);
    }

    private String shown(String key, Node value) {
        if (secret || !(value instanceof ScalarNode scalar)) {
            return pathOf(key);
        }
        return pathOf(key) + "=" + ConfigText.shorten(Redaction.redact(scalar.getValue()));
    }

    void asked(String key) {
        known.add(key);
        context.asked(pathOf(key));
    }

    private String pathOf(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    static boolean isNull(Node node) {
        return node.getTag().equals(Tag.NULL);
    }

    static String kind(Node node) {
        if (node instanceof MappingNode) {
            return "a section";
        }
        if (node instanceof SequenceNode) {
            return "a list";
        }
        return isNull(node) ? "empty" : "a single value";
    }
}
