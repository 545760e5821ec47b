package io.helmwatch.config.yaml;

import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/** Words for nodes, and texts as YAML scalars. */
public final class Yaml {
    private static final int LONGEST_SHOWN = 80;
    private static final Pattern NUMBER = Pattern.compile("-?(?:0|[1-9]\\d{0,17})(?:\\.\\d{1,17})?");
    private static final Pattern PLAIN = Pattern.compile(
            "(?!null$|Null$|NULL$)[A-Za-z0-9_./](?:[A-Za-z0-9_./:@%+=?&~*();, -]*" + "[A-Za-z0-9_./@%+=?&~*();-])?");

    private Yaml() {}

    /** Whether a node is {@code null} or has no value. */
    public static boolean isNull(Node node) {
        return node.getTag().equals(Tag.NULL);
    }

    /** What a node is, for a sentence. */
    public static String kind(Node node) {
        if (node instanceof MappingNode) {
            return "a section";
        }
        if (node instanceof SequenceNode) {
            return "a list";
        }
        return isNull(node) ? "empty" : "a single value";
    }

    /** A scalar that is read as this text, quoted where YAML, JSON or the substitution of variables would read it differently. */
    public static String scalar(String text) {
        String escaped = text.replace("${", "$${");
        boolean isText = !NUMBER.matcher(escaped).matches() && !escaped.equals("true") && !escaped.equals("false");
        boolean isPlain =
                isText && PLAIN.matcher(escaped).matches() && !escaped.contains(": ") && !escaped.contains(" #");
        return isPlain ? escaped : "'" + escaped.replace("'", "''") + "'";
    }

    /**
     * A section as maps, lists, texts, numbers and booleans. Plain scalars are numbers and booleans where JSON has them so; {@code 22:00} is
     * text.
     */
    public static Map<String, Object> values(MappingNode section) {
        Map<String, Object> values = new LinkedHashMap<>();
        for (NodeTuple tuple : section.getValue()) {
            if (tuple.getKeyNode() instanceof ScalarNode key && !isNull(tuple.getValueNode())) {
                values.put(key.getValue(), value(tuple.getValueNode()));
            }
        }
        return values;
    }

    private static Object value(Node node) {
        if (node instanceof MappingNode mapping) {
            return values(mapping);
        }
        if (node instanceof SequenceNode sequence) {
            return sequence.getValue().stream().map(Yaml::value).toList();
        }
        String text = node instanceof ScalarNode scalar ? scalar.getValue() : "";
        boolean isPlain = node instanceof ScalarNode scalar && scalar.isPlain();
        if (isPlain && (text.equals("true") || text.equals("false"))) {
            return Boolean.valueOf(text);
        }
        return isPlain && NUMBER.matcher(text).matches() ? new BigDecimal(text) : text;
    }

    /** At most 80 characters on one line. */
    public static String shorten(String text) {
        String line = text.replaceAll("\\p{Cntrl}", " ");
        return line.length() <= LONGEST_SHOWN ? line : line.substring(0, LONGEST_SHOWN - 3) + "...";
    }
}
