package io.helmwatch.config.schema;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Writes every declared key with its default and a comment, as a file that can be loaded. */
public final class ExampleText {
    private static final String INDENT = "  ";
    private static final int COMMENT_COLUMN = 40;
    private static final int WIDTH = 118;
    private static final String NONE = "none";

    /** Values worth telling: bounds and choices, but not a plain noun. */
    private static final Pattern INFORMATIVE = Pattern.compile("[0-9`]");

    private static final Pattern LINK_IN_BRACKETS = Pattern.compile(" \\(\\[[^]]*]\\([^)]*\\)\\)");

    private final StringBuilder text = new StringBuilder();

    private ExampleText() {}

    /** The example of a whole file. */
    public static String of(SectionSpec<?> top) {
        ExampleText out = new ExampleText();
        for (Entry<?> entry : top.entries()) {
            if (!out.text.isEmpty()) {
                out.text.append('\n');
            }
            out.entry(entry, "");
        }
        return out.text.toString();
    }

    private void entry(Entry<?> entry, String indent) {
        if (entry instanceof Key<?, ?> key) {
            key(key, indent, key.exampleText(), key.isExampleActive());
        } else if (entry instanceof NestedSection<?, ?> nested) {
            comment(indent, withDefault(nested.description(), nested.absentMeaning()));
            int start = text.length();
            text.append(indent).append(nested.name()).append(":\n");
            nested.spec().entries().forEach(inner -> entry(inner, indent + INDENT));
            if (!nested.isExampleActive()) {
                commentOut(start, indent);
            }
        } else if (entry instanceof SectionList<?, ?> list) {
            list(list, indent);
        } else if (entry instanceof FreeKeys<?> keys) {
            comment(indent, keys.description());
            text.append(indent).append(keys.name()).append(":\n");
            keys.example()
                    .forEach(line ->
                            text.append(indent).append(INDENT).append(line).append('\n'));
        }
    }

    private void commentOut(int start, String indent) {
        String active = text.substring(start);
        text.setLength(start);
        active.lines()
                .forEach(line -> text.append(indent)
                        .append("# ")
                        .append(line, indent.length(), line.length())
                        .append('\n'));
    }

    private void list(SectionList<?, ?> list, String indent) {
        comment(indent, withDefault(list.description(), list.absentMeaning()));
        text.append(indent).append(list.name()).append(":\n");
        String inner = indent + INDENT + INDENT;
        int start = text.length();
        list.spec().entries().stream()
                .filter(entry -> !(entry instanceof Key<?, ?> key) || key.isInFirstExample())
                .forEach(entry -> entry(entry, inner));
        markItem(start, inner);
        for (Map<String, String> values : list.furtherExamples()) {
            text.append('\n');
            int next = text.length();
            for (Entry<?> entry : list.spec().entries()) {
                String value = values.get(entry.name());
                if (value != null && entry instanceof Key<?, ?> key) {
                    boolean isActive = !value.startsWith("#");
                    String shown = isActive ? value : value.substring(1).strip();
                    if (key.isInFirstExample()) {
                        text.append(inner)
                                .append(key.name())
                                .append(": ")
                                .append(shown)
                                .append('\n');
                    } else {
                        key(key, inner, shown, isActive);
                    }
                }
            }
            markItem(next, inner);
        }
    }

    /** Puts the dash of a list's item in front of its first key, which is not commented out. */
    private void markItem(int start, String indent) {
        int line = start;
        while (text.charAt(line + indent.length()) == '#') {
            line = text.indexOf("\n", line) + 1;
        }
        int position = line + indent.length() - INDENT.length();
        text.replace(position, position + INDENT.length(), "- ");
    }

    private void key(Key<?, ?> key, String indent, @Nullable String value, boolean isActive) {
        if (value == null) {
            return;
        }
        String line = indent + (isActive ? "" : "# ") + key.name() + ": " + value;
        String comment = commentOf(key, value);
        String beside = plain(comment);
        int column = Math.max(COMMENT_COLUMN, line.length() + 2);
        if (column + 2 + beside.length() <= WIDTH) {
            text.append(line).append(" ".repeat(column - line.length()));
            text.append("# ").append(beside).append('\n');
        } else {
            comment(indent, comment);
            text.append(line).append('\n');
        }
    }

    private static String commentOf(Key<?, ?> key, String value) {
        StringBuilder comment = new StringBuilder(key.description());
        String values = key.type().values();
        if (INFORMATIVE.matcher(values).find() && !values.equals(ValueTypes.FLAGS)) {
            comment.append(" (").append(values).append(')');
        }
        String byDefault = key.defaultText();
        String meaning = key.defaultMeaning();
        if (byDefault == null) {
            comment.append(meaning.isEmpty() || meaning.equals(NONE) ? "" : "; default: " + meaning);
        } else if (!byDefault.equals(value)) {
            comment.append("; default: ").append(byDefault);
        } else if (!meaning.isEmpty()) {
            comment.append("; ").append(byDefault).append(": ").append(meaning);
        }
        return comment.toString();
    }

    private static String withDefault(String description, String absentMeaning) {
        boolean isTold = absentMeaning.isEmpty() || absentMeaning.equals(KeyTable.REQUIRED);
        return isTold ? description : description + "; default: " + absentMeaning;
    }

    /** Without Markdown, and without links in brackets. */
    private static String plain(String comment) {
        return LINK_IN_BRACKETS
                .matcher(comment)
                .replaceAll("")
                .replaceAll("\\[([^]]*)]\\([^)]*\\)", "$1")
                .replace("`", "");
    }

    private void comment(String indent, String comment) {
        for (String line : wrap(plain(KeyTable.sentence(comment)), WIDTH - indent.length() - 2)) {
            text.append(indent).append("# ").append(line).append('\n');
        }
    }

    private static List<String> wrap(String comment, int width) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : comment.split(" ", -1)) {
            if (!line.isEmpty() && line.length() + 1 + word.length() > width) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        lines.add(line.toString());
        return lines;
    }
}
