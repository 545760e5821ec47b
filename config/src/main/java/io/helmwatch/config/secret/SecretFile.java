package io.helmwatch.config.secret;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A file that holds a secret. Threading: any thread. */
public final class SecretFile {
    private static final long MAX_BYTES = 65_536;

    private SecretFile() {}

    /**
     * What was read, or why not.
     *
     * @param text the secret; null where there is a problem
     * @param problem what is wrong; empty where nothing is
     */
    public record Content(@Nullable String text, String problem) {
        private static Content problem(String rule) {
            return new Content(null, rule);
        }
    }

    /** Everything, without line ends at the end: a JAAS configuration or a PEM key has several lines. */
    public static Content whole(Path file) {
        return read(file, String::stripTrailing);
    }

    /** The first line, without its end. */
    public static Content firstLine(Path file) {
        return read(file, content -> content.lines().findFirst().orElse(""));
    }

    private static Content read(Path file, UnaryOperator<String> part) {
        try {
            if (Files.size(file) > MAX_BYTES) {
                return Content.problem("must be a small text file: " + file);
            }
            String secret = part.apply(Files.readString(file));
            return secret.isEmpty() ? Content.problem("is empty: " + file) : new Content(secret, "");
        } catch (NoSuchFileException e) {
            return Content.problem("there is no such file (looked for " + file + ")");
        } catch (AccessDeniedException e) {
            return Content.problem("cannot be read: permission denied: " + file);
        } catch (IOException e) {
            return Content.problem("cannot be read as UTF-8 text: " + file);
        }
    }
}
