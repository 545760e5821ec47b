package io.helmwatch.config.sink;

import static io.helmwatch.config.schema.ValueTypes.scalar;

import io.helmwatch.config.schema.ValueType;
import io.helmwatch.config.yaml.Yaml;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Texts with placeholders such as {@code {{camera}}}, whose names are checked. */
final class TemplateType {
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{\\s*([^{}]*?)\\s*}}");
    private static final int LONGEST = 10_000;

    private TemplateType() {}

    static ValueType<String> template() {
        return scalar(
                "text with placeholders",
                (text, value) -> {
                    if (text.isBlank() || text.length() > LONGEST) {
                        value.problem("must be a text of at most " + LONGEST + " characters");
                        return null;
                    }
                    Matcher placeholder = PLACEHOLDER.matcher(text);
                    while (placeholder.find()) {
                        String name = placeholder.group(1).toLowerCase(Locale.ROOT);
                        if (!NotifyConfig.PLACEHOLDERS.contains(name)) {
                            value.problem("has no placeholder {{" + Yaml.shorten(name) + "}}; expected one of "
                                    + String.join(", ", NotifyConfig.PLACEHOLDERS));
                            return null;
                        }
                    }
                    return text;
                },
                Yaml::scalar);
    }
}
