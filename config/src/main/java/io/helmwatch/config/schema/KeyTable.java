package io.helmwatch.config.schema;

/** Writes the declared keys as tables in Markdown, one for the keys without a section and one for each section. */
public final class KeyTable {
    private static final String HEAD = "| key | values | default | meaning |\n| --- | --- | --- | --- |\n";
    static final String REQUIRED = "required";

    private final StringBuilder text = new StringBuilder();

    private KeyTable() {}

    /** The tables of a whole file. */
    public static String of(SectionSpec<?> top) {
        KeyTable out = new KeyTable();
        out.text.append(HEAD);
        top.entries().stream().filter(Key.class::isInstance).forEach(entry -> out.entry(entry, ""));
        for (Entry<?> entry : top.entries()) {
            if (!(entry instanceof Key<?, ?>)) {
                out.text.append("\n### `").append(entry.name()).append("`\n\n");
                out.text.append(sentence(entry.description())).append("\n\n").append(HEAD);
                if (entry instanceof NestedSection<?, ?> nested) {
                    nested.spec().entries().forEach(inner -> out.entry(inner, nested.name() + "."));
                } else {
                    out.entry(entry, "");
                }
            }
        }
        return out.text.toString();
    }

    private void entry(Entry<?> entry, String prefix) {
        String path = prefix + entry.name();
        if (entry instanceof Key<?, ?> key) {
            row(path, key.type().values(), byDefault(key), key.description());
        } else if (entry instanceof NestedSection<?, ?> nested) {
            if (!nested.absentMeaning().isEmpty()) {
                row(path, "section", nested.absentMeaning(), nested.description());
            }
            nested.spec().entries().forEach(inner -> entry(inner, path + "."));
        } else if (entry instanceof SectionList<?, ?> list) {
            row(path, "list of sections", list.absentMeaning(), list.description());
            list.spec().entries().forEach(inner -> entry(inner, path + "[]."));
        } else if (entry instanceof FreeKeys<?> keys) {
            row(path, "section", "none", keys.description());
        }
    }

    private static String byDefault(Key<?, ?> key) {
        if (key.missing() != null) {
            return REQUIRED;
        }
        String value = key.defaultText();
        if (value == null) {
            return key.defaultMeaning();
        }
        return "`" + value + "`" + (key.defaultMeaning().isEmpty() ? "" : ": " + key.defaultMeaning());
    }

    private void row(String path, String values, String byDefault, String meaning) {
        text.append("| `").append(path).append("` | ").append(values).append(" | ");
        text.append(byDefault).append(" | ").append(meaning).append(" |\n");
    }

    static String sentence(String phrase) {
        return Character.toUpperCase(phrase.charAt(0)) + phrase.substring(1) + ".";
    }
}
