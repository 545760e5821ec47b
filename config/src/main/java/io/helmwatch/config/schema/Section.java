package io.helmwatch.config.schema;

import io.helmwatch.config.yaml.Yaml;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * One section of the file, read by its declared keys. A value that does not fit becomes a problem and reads as its default, so
 * that one pass finds everything; keys that are not declared are problems at once.
 *
 * <p>Scalars are read from their text, not from YAML's guess of a type: {@code id: on} is the text "on".
 */
public final class Section {
    private final ConfigFile file;
    private final String path;
    private final SectionSpec<?> spec;
    private final boolean isSecret;
    private final @Nullable Node node;
    private final Map<String, NodeTuple> entries = new LinkedHashMap<>();

    private Section(ConfigFile file, String path, @Nullable Node node, SectionSpec<?> spec, boolean isSecret) {
        this.file = file;
        this.path = path;
        this.spec = spec;
        this.isSecret = isSecret;
        this.node = node;
        if (node instanceof MappingNode mapping) {
            addAll(mapping);
            merge(mapping, new HashSet<>(Set.of(mapping)));
        } else if (node != null && !Yaml.isNull(node)) {
            file.problem(node, path, "must be a section (key: value lines), but is " + Yaml.kind(node));
        }
    }

    /** A section of the file; a null node is an absent one, where every key has its default. */
    public static Section of(ConfigFile file, String path, @Nullable Node node, SectionSpec<?> spec, boolean isSecret) {
        Section section = new Section(file, path, node, spec, isSecret);
        section.report();
        return section;
    }

    private void addAll(MappingNode mapping) {
        for (NodeTuple tuple : mapping.getValue()) {
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                file.problem(
                        tuple.getKeyNode(), path, "a key must be plain text, but is " + Yaml.kind(tuple.getKeyNode()));
            } else if (!key.getTag().equals(Tag.MERGE)) {
                NodeTuple earlier = entries.putIfAbsent(key.getValue(), tuple);
                if (earlier != null) {
                    int line = earlier.getKeyNode().getStartMark().getLine() + 1;
                    file.problem(key, pathOf(key.getValue()), "given twice; the first is in line " + line);
                }
            }
        }
    }

    /**
     * Adds what {@code <<} names; keys that are there already win. Each mapping is visited once, so that one that merges itself
     * ends (SnakeYAML's own merging does not; nodes compare by identity).
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
                    file.problem(tuple.getKeyNode(), pathOf("<<"), "must name a section, but is " + Yaml.kind(source));
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

    /** Reports keys that are refused in a file or not declared, the latter with the nearest that could be meant. */
    private void report() {
        List<String> known = spec.names();
        for (Map.Entry<String, NodeTuple> entry : entries.entrySet()) {
            String key = entry.getKey();
            if (!known.contains(key)) {
                String rule = spec.refused(key);
                if (rule != null && file.isRequest()) {
                    continue;
                }
                file.problem(entry.getValue().getKeyNode(), pathOf(key), rule == null ? unknown(key, known) : rule);
            }
        }
    }

    private static String unknown(String key, List<String> known) {
        String nearest = Spelling.nearest(key, known);
        return "unknown key; "
                + (nearest == null ? "expected one of " + String.join(", ", known) : "did you mean '" + nearest + "'?");
    }

    /** The file that the section stands in. */
    public ConfigFile file() {
        return file;
    }

    /** Whether the section is there and not empty. */
    public boolean isGiven() {
        return node != null && !Yaml.isNull(node);
    }

    /** The section's line, from 1; 0 where it is absent. */
    public int line() {
        return node == null ? 0 : node.getStartMark().getLine() + 1;
    }

    /** Whether a key is given with a value; one without has its default. */
    public boolean has(Entry<?> entry) {
        NodeTuple tuple = entries.get(entry.name());
        return tuple != null && !Yaml.isNull(tuple.getValueNode());
    }

    /** A problem of an entry, at its value where it is given, else at the section. */
    public void problem(Entry<?> entry, String rule) {
        NodeTuple tuple = entries.get(entry.name());
        if (tuple == null) {
            file.problem(node, pathOf(entry.name()), rule);
        } else {
            valueOf(entry.name(), tuple).problem(rule);
        }
    }

    /** The value of a key with a default. */
    public <T> T value(Key<?, T> key) {
        T byDefault = key.byDefault();
        if (byDefault == null) {
            throw new IllegalArgumentException(key.name() + " has no default");
        }
        T value = optional(key);
        return value == null ? byDefault : value;
    }

    /** The value of a key without a default; null where it is absent or wrong. */
    public <T> @Nullable T optional(Key<?, T> key) {
        Value value = given(key.name());
        return value == null ? null : key.type().read(value);
    }

    /** Whether a key is given with a value that is written differently from its default. */
    public boolean hasOther(Key<?, ?> key) {
        NodeTuple tuple = entries.get(key.name());
        if (tuple == null || Yaml.isNull(tuple.getValueNode())) {
            return false;
        }
        String written = tuple.getValueNode() instanceof ScalarNode scalar
                ? scalar.getValue().strip()
                : tuple.getValueNode() instanceof SequenceNode list
                                && list.getValue().isEmpty()
                        ? "[]"
                        : "";
        return !written.equalsIgnoreCase(key.defaultText());
    }

    /** The value of a key that must be given; null, with a problem, where it is absent or wrong. */
    public <T> @Nullable T required(Key<?, T> key) {
        if (!has(key) && node instanceof MappingNode) {
            problem(key, "missing: expected " + key.missing());
        }
        return optional(key);
    }

    /** A section within this one. */
    public Section section(NestedSection<?, ?> nested) {
        NodeTuple tuple = entries.get(nested.name());
        return of(
                file,
                pathOf(nested.name()),
                tuple == null ? null : tuple.getValueNode(),
                nested.spec(),
                isSecret || nested.isSecret());
    }

    /** The sections of a list; null where it is absent. */
    public @Nullable List<Section> sections(SectionList<?, ?> list) {
        return sections(list, item -> "");
    }

    /**
     * The sections of a list; null where it is absent.
     *
     * @param label what problems add to an item's number: {@code " (gate-3)"}
     */
    public @Nullable List<Section> sections(SectionList<?, ?> list, Function<Node, String> label) {
        Value value = given(list.name());
        if (value == null) {
            return null;
        }
        List<Value> items = value.items();
        List<Section> sections = new ArrayList<>();
        if (items != null) {
            for (Value item : items) {
                sections.add(of(file, item.path() + label.apply(item.node()), item.node(), list.spec(), isSecret));
            }
        }
        return sections;
    }

    /** The values of a section whose keys are free; those that are wrong are reported and left out. */
    public Map<String, Value> freeKeys(FreeKeys<?> keys) {
        NodeTuple tuple = entries.get(keys.name());
        Section section = new Section(
                file,
                pathOf(keys.name()),
                tuple == null ? null : tuple.getValueNode(),
                new SectionSpec<>("", List.of()),
                true);
        Map<String, Value> values = new LinkedHashMap<>();
        section.entries.forEach((key, entry) -> {
            Value value = section.given(key);
            if (value != null) {
                values.put(key, value);
            }
        });
        return values;
    }

    private @Nullable Value given(String key) {
        NodeTuple tuple = entries.get(key);
        return tuple == null || Yaml.isNull(tuple.getValueNode()) ? null : valueOf(key, tuple);
    }

    private Value valueOf(String key, NodeTuple tuple) {
        return new Value(file, pathOf(key), tuple.getValueNode(), isSecret || spec.isSecret(key));
    }

    private String pathOf(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }
}
