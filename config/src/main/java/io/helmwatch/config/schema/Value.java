package io.helmwatch.config.schema;

import io.helmwatch.config.secret.Redaction;
import io.helmwatch.config.yaml.Yaml;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * One value of the file with its place.
 *
 * <p>A problem shows the value as it stands in the file, before substitution and redacted, and not at all in a section whose
 * values are secret.
 */
public final class Value {
    /** Longer ones cannot be opened on Linux. */
    private static final int LONGEST_PATH = 4_095;

    private final ConfigFile file;
    private final String path;
    private final Node node;
    private final boolean isSecret;

    Value(ConfigFile file, String path, Node node, boolean isSecret) {
        this.file = file;
        this.path = path;
        this.node = node;
        this.isSecret = isSecret;
    }

    /** The file that the value stands in. */
    public ConfigFile file() {
        return file;
    }

    /** Adds a problem of this value. */
    public void problem(String rule) {
        file.problem(node, shown(), rule);
    }

    /** Whether the value is a list. */
    public boolean isList() {
        return node instanceof SequenceNode;
    }

    /** The text of a scalar after substitution; null, with a problem, where it is something else. */
    public @Nullable String text() {
        if (!(node instanceof ScalarNode scalar) || Yaml.isNull(node)) {
            problem("must be a single value, but is " + Yaml.kind(node));
            return null;
        }
        return file.substitute(scalar, shown());
    }

    /** The items of a list; null, with a problem, where it is something else. */
    public @Nullable List<Value> items() {
        if (!(node instanceof SequenceNode sequence)) {
            problem("must be a list (lines that begin with '- '), but is " + Yaml.kind(node));
            return null;
        }
        List<Value> items = new ArrayList<>();
        for (Node item : sequence.getValue()) {
            items.add(new Value(file, path + "[" + items.size() + "]", item, isSecret));
        }
        return items;
    }

    /** The text as a path against the file's folder; null, with a problem, where it is none. */
    public @Nullable Path path(String text) {
        if (text.isBlank()) {
            problem("must be a path, but is empty");
            return null;
        }
        if (text.length() > LONGEST_PATH) {
            problem("must be a path of at most " + LONGEST_PATH + " characters, but has " + text.length());
            return null;
        }
        try {
            Path path = file.resolve(text);
            if (!file.mayName(path)) {
                problem("names a file of this machine, which is allowed below desk.local-folders only");
                return null;
            }
            return path;
        } catch (InvalidPathException e) {
            boolean isAscii = text.chars().allMatch(c -> c < 0x80);
            problem(
                    isAscii
                            ? "must be a path"
                            : "must be a path, but this process's locale has no " + notInLocale(text)
                                    + ": start it with LC_ALL=C.UTF-8");
            return null;
        }
    }

    /** Characters outside ASCII, as they can be shown anywhere. */
    private static String notInLocale(String text) {
        return text.codePoints()
                .filter(c -> c >= 0x80)
                .distinct()
                .limit(3)
                .mapToObj(c -> String.format(Locale.ROOT, "U+%04X", c))
                .collect(Collectors.joining(", "));
    }

    String path() {
        return path;
    }

    Node node() {
        return node;
    }

    private String shown() {
        return isSecret || !(node instanceof ScalarNode scalar)
                ? path
                : path + "=" + Yaml.shorten(Redaction.redact(scalar.getValue()));
    }
}
