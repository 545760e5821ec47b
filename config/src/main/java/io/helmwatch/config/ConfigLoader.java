package io.helmwatch.config;

import io.helmwatch.config.schema.ConfigFile;
import io.helmwatch.config.yaml.ConfigException;
import io.helmwatch.config.yaml.Problem;
import io.helmwatch.config.yaml.YamlDocument;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;

/**
 * Reads a configuration from YAML and checks it: all problems are collected and thrown at once.
 *
 * <p>In values, <code>${NAME}</code> is replaced by an environment variable and <code>${NAME:-text}</code> by the text where
 * the variable is not set or empty; <code>$${</code> stands for <code>${</code>. Relative paths start at the file's folder.
 *
 * <p>Threading: stateless; every method may be called by any thread. Passwords are registered with
 * {@link io.helmwatch.config.secret.Redaction} before anything can show them.
 */
public final class ConfigLoader {
    private ConfigLoader() {}

    /** What a configuration is read for. */
    public enum Purpose {
        /** The service, which needs a sink. */
        SERVICE,
        /** Commands that deliver nothing. */
        OFFLINE,
        /**
         * Commands that read what the service has on disk. What is wrong with other parts of the file does not matter, so that they need no password: such a
         * part is left out.
         */
        FILES
    }

    /**
     * Reads a file, with the process's environment.
     *
     * @throws ConfigException with all problems, also when the file cannot be read
     */
    public static HelmwatchConfig load(Path file) {
        return load(file, Purpose.SERVICE);
    }

    /**
     * Reads a file, with the process's environment.
     *
     * @throws ConfigException with all problems, also when the file cannot be read
     */
    public static HelmwatchConfig load(Path file, Purpose purpose) {
        return load(file, System::getenv, purpose);
    }

    /**
     * Reads a file.
     *
     * @param environment value of a variable, null where it is not set
     * @throws ConfigException with all problems, also when the file cannot be read
     */
    public static HelmwatchConfig load(Path file, Function<String, @Nullable String> environment) {
        return load(file, environment, Purpose.SERVICE);
    }

    private static HelmwatchConfig load(Path file, Function<String, @Nullable String> environment, Purpose purpose) {
        String name = String.valueOf(file);
        byte[] bytes;
        try {
            if (Files.isDirectory(file)) {
                throw YamlDocument.refused(name, null, "is a folder: expected a YAML file");
            }
            if (Files.size(file) > YamlDocument.MAX_BYTES) {
                throw YamlDocument.refused(
                        name,
                        null,
                        "has " + Files.size(file) + " bytes: expected a YAML file of at most "
                                + YamlDocument.MAX_BYTES);
            }
            bytes = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw YamlDocument.refused(name, null, "there is no such file");
        } catch (AccessDeniedException e) {
            throw YamlDocument.refused(name, null, "cannot be read: permission denied");
        } catch (IOException e) {
            throw YamlDocument.refused(name, null, "cannot be read: input or output error");
        }
        Path folder = file.toAbsolutePath().normalize().getParent();
        return parse(
                YamlDocument.decode(bytes, name), name, folder == null ? Path.of("/") : folder, environment, purpose);
    }

    /**
     * Reads text.
     *
     * @param yaml the configuration
     * @param name how problems name it
     * @param folder base of relative paths
     * @param environment value of a variable, null where it is not set
     * @throws ConfigException with all problems
     */
    public static HelmwatchConfig parse(
            String yaml, String name, Path folder, Function<String, @Nullable String> environment) {
        return parse(yaml, name, folder, environment, Purpose.SERVICE);
    }

    private static HelmwatchConfig parse(
            String yaml, String name, Path folder, Function<String, @Nullable String> environment, Purpose purpose) {
        MappingNode root = YamlDocument.compose(yaml, name);
        ConfigFile file = new ConfigFile(name, folder, environment);
        HelmwatchConfig config = TopSection.read(file, root, purpose);
        List<Problem> problems = file.problems().stream()
                .filter(problem -> purpose != Purpose.FILES || TopSection.isOfFiles(problem))
                .toList();
        if (!problems.isEmpty()) {
            throw new ConfigException(problems);
        }
        return config;
    }
}
