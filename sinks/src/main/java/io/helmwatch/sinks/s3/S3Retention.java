package io.helmwatch.sinks.s3;

import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Deletes old objects of snapshots and clips. Their age is in their names, so that nothing has to be remembered and every node of a cluster may do
 * it; only names that Helmwatch gives are touched.
 *
 * <p>Threading: one thread.
 */
final class S3Retention {
    /** {@code STREAM/yyyy-MM-dd/HHmmss.SSS-RULE-NUMBER} with an ending. */
    private static final Pattern NAME = Pattern.compile(
            "([^/]+)/(\\d{4}-\\d{2}-\\d{2})/(\\d{2})(\\d{2})(\\d{2}\\.\\d{3})-[^/]+\\.(?:jpg|mp4|json)");

    private final S3Storage storage;
    private final String prefix;
    private final Duration keep;

    S3Retention(S3Storage storage, String prefix, Duration keep) {
        this.storage = storage;
        this.prefix = prefix;
        this.keep = keep;
    }

    /** Deletes what is too old, and returns the number of objects. */
    int sweep(Instant now) throws S3Failure {
        Instant oldest = now.minus(keep);
        int deleted = 0;
        for (EvidenceKind kind : EvidenceKind.values()) {
            deleted += sweep(kind.key(prefix, ""), oldest);
        }
        return deleted;
    }

    /** Objects of a stream are listed in the order of their age: behind the first that is kept begins the next stream. */
    private int sweep(String root, Instant oldest) throws S3Failure {
        int deleted = 0;
        String after = "";
        String next = null;
        boolean hasMore = true;
        while (hasMore) {
            S3Storage.Page page = storage.list(root, after, next);
            next = page.next();
            hasMore = next != null;
            for (String key : page.keys()) {
                Matcher name = NAME.matcher(key.substring(root.length()));
                Instant time = name.matches() ? time(name) : null;
                if (time != null && time.isBefore(oldest)) {
                    storage.delete(key);
                    deleted++;
                } else if (time != null) {
                    // The character behind the slash.
                    after = root + name.group(1) + (char) ('/' + 1);
                    next = null;
                    hasMore = true;
                    break;
                }
            }
        }
        return deleted;
    }

    /** When the frame of a file was decided; null where that is no time. */
    private static @Nullable Instant time(Matcher name) {
        try {
            return Instant.parse(name.group(2) + "T" + name.group(3) + ":" + name.group(4) + ":" + name.group(5) + "Z");
        } catch (DateTimeParseException e) {
            return null;
        }
    }
}
