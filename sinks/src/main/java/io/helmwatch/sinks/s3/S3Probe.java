package io.helmwatch.sinks.s3;

import io.helmwatch.config.incident.S3Config;
import io.helmwatch.resource.FailureText;
import io.helmwatch.sinks.evidence.EvidenceFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Whether a bucket can be used: an object is written and read, and with {@link S3Config#keep} the bucket is listed and the object deleted.
 *
 * <p>Threading: any thread.
 *
 * @param isUsable whether all of it worked
 * @param sentence what was found, or why not and what to do; without secrets
 */
public record S3Probe(boolean isUsable, String sentence) {
    private static final String NAME = "helmwatch-test.txt";
    private static final byte[] CONTENT = "Written by helmwatch doctor.\n".getBytes(StandardCharsets.UTF_8);

    /** Asks the storage, at most for some seconds. */
    public static S3Probe of(S3Config config) {
        return of(config, S3Storage.Limits.INTERACTIVE);
    }

    static S3Probe of(S3Config config, S3Storage.Limits limits) {
        String key = config.prefix() + NAME;
        try (S3Storage storage = new S3Storage(config, limits)) {
            Path file = Files.createTempFile("helmwatch-test", ".txt");
            try {
                Files.write(file, CONTENT);
                storage.put(key, file, CONTENT.length, EvidenceFolder.sha256(CONTENT), "text/plain");
            } finally {
                Files.deleteIfExists(file);
            }
            if (!Arrays.equals(storage.read(key), CONTENT)) {
                return new S3Probe(false, config.server() + " returned another object than was written");
            }
            if (config.keep() != null) {
                storage.list(config.prefix(), "", null);
                storage.delete(key);
            }
            return new S3Probe(
                    true,
                    "bucket " + config.bucket() + " at " + config.server() + " can be written and read"
                            + (config.keep() == null ? " (" + key + " stays there)" : ""));
        } catch (S3Failure e) {
            return new S3Probe(false, String.valueOf(e.getMessage()));
        } catch (IOException e) {
            return new S3Probe(false, "the temporary folder cannot be used: " + FailureText.of(e));
        }
    }
}
