package io.helmwatch.config.incident;

import io.helmwatch.config.secret.Secret;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Object storage that snapshots and clips are copied to.
 *
 * @param endpoint scheme, host and port of the server, without path
 * @param region that requests are signed for
 * @param bucket the bucket, which exists
 * @param prefix text before the keys of all objects; empty or ending in a slash
 * @param pathStyle whether the bucket is in the path of requests; otherwise it is in the host's name
 * @param accessKey id of the key that requests are signed with
 * @param secretKey the key
 * @param encryption how the server encrypts objects
 * @param kmsKey id of the key that {@link Encryption#KMS} encrypts with; null for the bucket's default
 * @param tlsCaFile PEM file of the certificates that the server's must be or be signed by; null for Java's own authorities
 * @param keep age at which objects are deleted; null where they are left to the bucket's lifecycle rules
 */
public record S3Config(
        URI endpoint,
        String region,
        String bucket,
        String prefix,
        boolean pathStyle,
        Secret accessKey,
        Secret secretKey,
        Encryption encryption,
        @Nullable String kmsKey,
        @Nullable Path tlsCaFile,
        @Nullable Duration keep) {

    /** How the server encrypts objects. */
    public enum Encryption {
        /** As the bucket says. */
        BUCKET,
        /** With a key of the server (SSE-S3). */
        AES256,
        /** With a key of its key management service (SSE-KMS). */
        KMS
    }

    /** Scheme, host and port, for messages. */
    public String server() {
        return endpoint.getScheme() + "://" + endpoint.getRawAuthority();
    }
}
