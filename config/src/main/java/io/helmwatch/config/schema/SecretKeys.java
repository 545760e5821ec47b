package io.helmwatch.config.schema;

import static io.helmwatch.config.schema.ValueTypes.path;
import static io.helmwatch.config.schema.ValueTypes.text;

import io.helmwatch.config.secret.Redaction;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.secret.SecretFile;
import io.helmwatch.config.yaml.Yaml;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The two keys from which a secret is read: {@code NAME-env}, an environment variable, and {@code NAME-file}, a file whose first line it is.
 *
 * @param <R> the record of the section
 */
public final class SecretKeys<R> {
    private final Key<R, String> variable;
    private final Key<R, Path> file;

    /**
     * The keys of a secret.
     *
     * @param name of the secret: {@code password}
     * @param getter the secret in force; shown as three stars
     */
    public SecretKeys(String name, Function<R, @Nullable Secret> getter, String exampleVariable) {
        String words = name.replace('-', ' ');
        variable = Key.<R, String>optional(
                        name + "-env",
                        text(),
                        record -> {
                            Secret secret = getter.apply(record);
                            return secret == null ? null : secret.reveal();
                        },
                        "none",
                        "environment variable that holds the " + words)
                .secret()
                .example(exampleVariable);
        file = Key.<R, Path>optional(
                        name + "-file", path(), record -> null, "none", "or: file whose first line is the " + words)
                .example(name + ".txt");
    }

    /** The key that names an environment variable. */
    public Key<R, String> variable() {
        return variable;
    }

    /** The key that names a file. */
    public Key<R, Path> file() {
        return file;
    }

    /** The secret, masked in all text from now on; null where none is given or something is wrong. */
    @Nullable
    public Secret read(Section section) {
        String name = section.optional(variable);
        Path path = section.optional(file);
        if (name != null && path != null) {
            section.problem(file, "excludes " + variable.name());
        } else if (name != null) {
            String value = section.file().variable(name);
            if (value != null && !value.isEmpty()) {
                return registered(value);
            }
            section.problem(variable, "environment variable " + Yaml.shorten(name) + " is not set");
        } else if (path != null) {
            SecretFile.Content content = SecretFile.firstLine(path);
            if (content.text() != null) {
                return registered(content.text());
            }
            section.problem(file, content.problem());
        }
        return null;
    }

    private static Secret registered(String value) {
        Secret secret = Secret.of(value);
        Redaction.register(secret);
        return secret;
    }
}
