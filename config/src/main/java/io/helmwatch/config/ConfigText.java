package io.helmwatch.config;

import io.helmwatch.config.schema.ExampleText;
import io.helmwatch.config.schema.KeyTable;
import io.helmwatch.config.schema.ValuesText;

/** Texts that are generated from the declared keys. */
public final class ConfigText {
    private static final String EXAMPLE_HEADER = """
            # Every key of Helmwatch's configuration with its default. A site needs three of them: kafka.bootstrap-servers,
            # and for each stream id and url. Check a file with: ./helmwatch validate -c FILE
            #
            # ${NAME} in a value is replaced by an environment variable, ${NAME:-text} falls back to the text, $${ is a plain ${.
            # Durations: 500ms, 10s, 2m, 1h, or ISO-8601 such as PT10S. Relative paths start at this file's folder.
            # An unknown key, a wrong type or a value out of range stops the start; all problems are reported at once.

            """;

    private ConfigText() {}

    /** Every value in force as YAML, secrets masked, for {@code validate} and logs. */
    public static String valuesInForce(HelmwatchConfig config) {
        return ValuesText.of(TopSection.SPEC, config);
    }

    /** All keys as tables in Markdown: values, default, meaning. */
    public static String keyTables() {
        return KeyTable.of(TopSection.SPEC);
    }

    /** A commented YAML file with every key and its default. */
    public static String example() {
        return EXAMPLE_HEADER + ExampleText.of(TopSection.SPEC);
    }
}
