package io.helmwatch.config.schema;

import static io.helmwatch.config.schema.ValueTypes.text;

import java.util.Map;
import java.util.regex.Pattern;

/**
 * Names of streams, zones and rules: parts of events, metric labels and file names. {@code .} and {@code ..} would leave a
 * folder, and a name that starts with a dot is hidden, with a dash an option of other programs.
 */
public final class Names {
    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,63}");

    private Names() {}

    /** The type of a key whose value is a name. */
    public static ValueType<String> type() {
        return text(
                "1 to 64 letters, digits, `.`, `-`, `_`, not `.` or `-` first",
                name -> FORM.matcher(name).matches(),
                "must be 1 to 64 letters, digits, dots, dashes or underscores, and not start with a dot or dash");
    }

    /** Reports a name that another section has. */
    public static void requireUnique(
            Section section, Key<?, String> key, String name, Map<String, Integer> lines, String first) {
        Integer earlier = lines.putIfAbsent(name, section.line());
        if (earlier != null) {
            section.problem(key, "given twice; the first " + first + " is in line " + earlier);
        }
    }
}
