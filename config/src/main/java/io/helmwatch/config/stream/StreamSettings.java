package io.helmwatch.config.stream;

import io.helmwatch.config.schema.ConfigFile;
import io.helmwatch.config.schema.RequestLimits;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.ValuesText;
import io.helmwatch.config.yaml.ConfigException;
import io.helmwatch.config.yaml.Yaml;
import io.helmwatch.config.yaml.YamlDocument;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The settings of one stream outside of a file: one item of {@code streams} with the same keys, read and checked in the same way. Unlike in a
 * file, {@code ${NAME}} is plain text, {@code credentials.password} may be given, and of the machine's files and variables only some may be named.
 *
 * <p>Threading: stateless; every method may be called by any thread.
 */
public final class StreamSettings {
    private static final String NAME = "settings";

    private StreamSettings() {}

    /**
     * Reads settings.
     *
     * @param text one item as JSON or YAML
     * @param folder base of relative paths
     * @param environment value of a variable, null where it is not set; for {@code password-env} and {@code username-env}
     * @param devices the GPUs in use; empty for all
     * @param limits what the settings may name of the machine
     * @throws ConfigException with all problems; they name keys by their path within the item
     */
    public static StreamConfig read(
            String text,
            Path folder,
            Function<String, @Nullable String> environment,
            List<Integer> devices,
            RequestLimits limits) {
        ConfigFile file = ConfigFile.ofRequest(NAME, folder, environment, limits);
        Section section = Section.of(file, "", YamlDocument.compose(text, NAME), StreamSection.SPEC, false);
        StreamConfig stream = new StreamSection(section).read(new HashMap<>(), devices);
        if (stream == null || file.hasProblems()) {
            throw new ConfigException(file.problems());
        }
        return stream;
    }

    /** The values that differ from their defaults, by key; secrets are three stars. */
    public static Map<String, Object> values(StreamConfig stream) {
        return Yaml.values(YamlDocument.compose(ValuesText.changed(StreamSection.SPEC, stream), NAME));
    }

    /** Zones, masks and rules as lines of a configuration file, to be pasted into the stream's item; empty where there are none. */
    public static String regions(StreamConfig stream) {
        return ValuesText.changed(StreamSection.REGIONS, stream);
    }
}
