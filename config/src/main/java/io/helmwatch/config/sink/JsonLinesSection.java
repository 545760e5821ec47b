package io.helmwatch.config.sink;

import static io.helmwatch.config.schema.ValueTypes.scalar;

import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionSpec;
import io.helmwatch.config.schema.Value;
import io.helmwatch.config.yaml.Yaml;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The section {@code json-lines}. */
public final class JsonLinesSection {
    private static final String STANDARD_OUTPUT = "-";
    private static final Key<JsonLinesConfig, String> TARGET = Key.<JsonLinesConfig, String>optional(
                    "target",
                    scalar("file, or `-`", JsonLinesSection::target, Yaml::scalar),
                    JsonLinesConfig::target,
                    "off",
                    "where the messages go: a file, which is appended to, or `-` for standard output")
            .example("detections.jsonl");

    /** The keys of the section. */
    public static final SectionSpec<JsonLinesConfig> SPEC =
            SectionSpec.of("the same messages as lines of JSON, besides Kafka or instead of it", TARGET);

    private JsonLinesSection() {}

    /** Reads the section and reports its problems. */
    public static JsonLinesConfig read(Section section) {
        return new JsonLinesConfig(section.optional(TARGET));
    }

    private static @Nullable String target(String text, Value value) {
        if (text.equals(STANDARD_OUTPUT)) {
            return text;
        }
        Path path = value.path(text);
        if (path != null && Files.isDirectory(path)) {
            value.problem("must be a file or - for standard output, but is a folder");
        }
        return path == null ? null : path.toString();
    }
}
