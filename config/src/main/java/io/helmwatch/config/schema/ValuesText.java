package io.helmwatch.config.schema;

import io.helmwatch.config.secret.Redaction;
import io.helmwatch.config.yaml.Yaml;
import java.util.List;

/** Writes values as YAML, all or those that differ from their defaults; secrets are three stars. Threading: one thread. */
public final class ValuesText {
    private static final String INDENT = "  ";

    private final StringBuilder text = new StringBuilder();

    private final boolean onlyChanged;

    private ValuesText(boolean onlyChanged) {
        this.onlyChanged = onlyChanged;
    }

    /** Every value of a section, redacted. */
    public static <R> String of(SectionSpec<R> spec, R values) {
        return write(spec, values, false);
    }

    /** The values of a section that differ from their defaults, redacted. */
    public static <R> String changed(SectionSpec<R> spec, R values) {
        return write(spec, values, true);
    }

    private static <R> String write(SectionSpec<R> spec, R values, boolean onlyChanged) {
        ValuesText out = new ValuesText(onlyChanged);
        out.section(spec, values, "");
        return Redaction.redact(out.text.toString());
    }

    private <R> void section(SectionSpec<R> spec, R values, String indent) {
        for (Entry<R> entry : spec.entries()) {
            if (entry instanceof Key<R, ?> key) {
                key(key, values, indent);
            } else if (entry instanceof NestedSection<R, ?> nested) {
                nested(nested, values, indent);
            } else if (entry instanceof SectionList<R, ?> list) {
                list(list, values, indent);
            } else if (entry instanceof FreeKeys<R> keys) {
                freeKeys(keys, values, indent);
            }
        }
    }

    private <R> void key(Key<R, ?> key, R values, String indent) {
        String value = key.valueText(values);
        if (onlyChanged && (value == null || value.equals(key.defaultText()))) {
            return;
        }
        if (value == null) {
            line(indent, key.name(), "", key.defaultMeaning());
        } else {
            boolean isDefault = value.equals(key.defaultText());
            line(indent, key.name(), value, isDefault ? key.defaultMeaning() : "");
        }
    }

    private <R, S> void nested(NestedSection<R, S> nested, R values, String indent) {
        S inner = nested.getter().apply(values);
        if (inner == null) {
            if (!onlyChanged) {
                line(indent, nested.name(), "", nested.absentMeaning());
            }
            return;
        }
        int start = text.length();
        line(indent, nested.name(), "", "");
        int content = text.length();
        section(nested.spec(), inner, indent + INDENT);
        if (text.length() == content && onlyChanged) {
            text.setLength(start);
        }
    }

    private <R, S> void list(SectionList<R, S> list, R values, String indent) {
        List<S> items = list.getter().apply(values);
        if (onlyChanged && items.isEmpty()) {
            return;
        }
        line(indent, list.name(), items.isEmpty() ? "[]" : "", "");
        for (S item : items) {
            int start = text.length() + indent.length() + INDENT.length();
            section(list.spec(), item, indent + INDENT + INDENT);
            text.replace(start, start + INDENT.length(), "- ");
        }
    }

    private <R> void freeKeys(FreeKeys<R> keys, R values, String indent) {
        if (keys.getter() == null) {
            return;
        }
        List<String> names = keys.getter().apply(values).stream().sorted().toList();
        line(indent, keys.name(), names.isEmpty() ? "{}" : "", "");
        names.forEach(name -> line(indent + INDENT, Yaml.scalar(name), Key.MASKED, ""));
    }

    private void line(String indent, String name, String value, String comment) {
        text.append(indent).append(name).append(':');
        if (!value.isEmpty()) {
            text.append(' ').append(value);
        }
        if (!comment.isEmpty()) {
            text.append("  # ").append(comment.replace("`", ""));
        }
        text.append('\n');
    }
}
