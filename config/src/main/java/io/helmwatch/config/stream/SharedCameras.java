package io.helmwatch.config.stream;

import io.helmwatch.config.schema.ConfigFile;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.secret.UserInfo;
import io.helmwatch.config.yaml.ConfigException;
import io.helmwatch.config.yaml.Problem;
import io.helmwatch.config.yaml.Yaml;
import io.helmwatch.config.yaml.YamlDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;

/**
 * Cameras that nodes of a cluster share: items of {@code streams} that leave the machine as they are written, with <code>${NAME}</code>,
 * {@code password-env} and {@code password-file} in them, and are resolved by the node that runs them. No secret is among them.
 *
 * <p>Threading: stateless; every method may be called by any thread.
 */
public final class SharedCameras {
    private static final String STREAMS = "streams";
    /** The key by which YAML merges one section into another. */
    private static final String MERGED = "<<";

    private SharedCameras() {}

    /**
     * The cameras of a configuration file that was read without problems: values by key, as they are written, by id.
     *
     * @throws ConfigException when the file cannot be read again, or an address holds a password as text
     */
    public static Map<String, Map<String, Object>> of(Path file) {
        String name = file.toString();
        String text;
        try {
            text = YamlDocument.decode(Files.readAllBytes(file), name);
        } catch (IOException e) {
            throw YamlDocument.refused(name, null, "cannot be read: input or output error");
        }
        Object streams = Yaml.values(YamlDocument.compose(text, name)).get(STREAMS);
        Map<String, Map<String, Object>> cameras = new LinkedHashMap<>();
        if (streams instanceof List<?> items) {
            for (Object item : items) {
                Map<String, Object> camera = camera(item);
                String id = String.valueOf(camera.get("id"));
                requireNoSecret(name, id, String.valueOf(camera.get("url")));
                cameras.put(id, camera);
            }
        }
        return cameras;
    }

    private static Map<String, Object> camera(Object item) {
        Map<String, Object> camera = new LinkedHashMap<>();
        if (item instanceof Map<?, ?> fields) {
            fields.forEach((key, value) -> {
                if (!key.equals(MERGED)) {
                    camera.put(String.valueOf(key), resolved(value));
                }
            });
            Object merged = fields.get(MERGED);
            for (Object source : merged instanceof List<?> several ? several : List.of(merged == null ? "" : merged)) {
                camera(source).forEach(camera::putIfAbsent);
            }
        }
        return camera;
    }

    /** A value whose sections have what YAML merges into them. */
    private static Object resolved(Object value) {
        if (value instanceof Map<?, ?>) {
            return camera(value);
        }
        return value instanceof List<?> items
                ? items.stream().map(SharedCameras::resolved).toList()
                : value;
    }

    private static void requireNoSecret(String file, String id, String url) {
        UserInfo user = UserInfo.of(url);
        if (user != null && !user.password().isEmpty() && !user.password().contains("${")) {
            throw new ConfigException(List.of(new Problem(
                    file,
                    0,
                    0,
                    "streams (" + id + ").url",
                    "has a password, which would be readable in the topic: use credentials with password-env or"
                            + " password-file")));
        }
    }

    /**
     * Reads a camera on the node that runs it.
     *
     * @param camera its id, for problems
     * @param settings JSON of one camera
     * @param folder base of relative paths
     * @param environment value of a variable, null where it is not set
     * @param devices the GPUs in use; empty for all
     * @throws ConfigException with all problems
     */
    public static StreamConfig read(
            String camera,
            String settings,
            Path folder,
            Function<String, @Nullable String> environment,
            List<Integer> devices) {
        String name = "camera " + camera;
        ConfigFile file = new ConfigFile(name, folder, environment);
        MappingNode root = YamlDocument.compose(settings, name);
        StreamConfig stream =
                new StreamSection(Section.of(file, "", root, StreamSection.SPEC, false)).read(new HashMap<>(), devices);
        if (stream == null || file.hasProblems()) {
            throw new ConfigException(file.problems());
        }
        return stream;
    }
}
