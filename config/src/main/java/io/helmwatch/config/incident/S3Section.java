package io.helmwatch.config.incident;

import static io.helmwatch.config.schema.ValueTypes.choice;
import static io.helmwatch.config.schema.ValueTypes.duration;
import static io.helmwatch.config.schema.ValueTypes.flag;
import static io.helmwatch.config.schema.ValueTypes.parsed;
import static io.helmwatch.config.schema.ValueTypes.path;
import static io.helmwatch.config.schema.ValueTypes.text;

import io.helmwatch.config.incident.S3Config.Encryption;
import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.SecretKeys;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionSpec;
import io.helmwatch.config.secret.CertificateFile;
import io.helmwatch.config.secret.Secret;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The section {@code incidents.s3}. */
final class S3Section {
    /** Names of buckets, "Bucket naming rules" of Amazon S3, and older ones with capitals and underscores. */
    private static final Pattern BUCKET = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]");

    private static final Pattern REGION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9-]{0,62}");
    /** Segments of safe characters, none of them dots only, which clients would resolve. */
    private static final Pattern PREFIX = Pattern.compile("(?:(?!\\.{1,2}/)[A-Za-z0-9._=-]{1,200}/){0,10}");

    private static final Key<S3Config, URI> ENDPOINT = Key.<S3Config, URI>required(
                    "endpoint",
                    parsed(
                            "`http` or `https` URL without path",
                            S3Section::endpoint,
                            URI::toString,
                            "must be http:// or https:// with host and port only; bucket and prefix have keys of their own"),
                    S3Config::endpoint,
                    "https://...",
                    "the server")
            .exampleInForce("https://s3.eu-central-1.amazonaws.com");
    private static final Key<S3Config, String> REGION_KEY = Key.of(
            "region",
            text(
                    "name of a region",
                    region -> REGION.matcher(region).matches(),
                    "must be letters, digits and dashes, such as eu-central-1"),
            "us-east-1",
            S3Config::region,
            "region that requests are signed for; servers without regions take the default");
    private static final Key<S3Config, String> BUCKET_KEY = Key.<S3Config, String>required(
                    "bucket",
                    text(
                            "name of a bucket",
                            bucket -> BUCKET.matcher(bucket).matches(),
                            "must be 3 to 63 letters, digits, dots, dashes or underscores"),
                    S3Config::bucket,
                    "the name of a bucket",
                    "the bucket; it is not created")
            .exampleInForce("site-evidence");
    private static final Key<S3Config, String> PREFIX_KEY = Key.of(
            "prefix",
            text(
                    "empty, or segments that end in `/`",
                    prefix -> PREFIX.matcher(prefix).matches(),
                    "must be empty or end in a slash, such as plant-7/"),
            "",
            S3Config::prefix,
            "text before the keys of all objects; each site needs its own");
    private static final Key<S3Config, Boolean> PATH_STYLE = Key.of(
            "path-style",
            flag(),
            true,
            S3Config::pathStyle,
            "whether the bucket is in the path of requests; otherwise it is in the name of the host");
    private static final SecretKeys<S3Config> ACCESS_KEY =
            new SecretKeys<>("access-key", S3Config::accessKey, "S3_ACCESS_KEY");
    private static final SecretKeys<S3Config> SECRET_KEY =
            new SecretKeys<>("secret-key", S3Config::secretKey, "S3_SECRET_KEY");
    private static final Key<S3Config, Encryption> ENCRYPTION = Key.of(
            "encryption",
            choice(Encryption.class),
            Encryption.BUCKET,
            S3Config::encryption,
            "how the server encrypts objects: as the bucket says, with its own key, or with one of its key management service");
    private static final Key<S3Config, String> KMS_KEY = Key.<S3Config, String>optional(
                    "kms-key",
                    text(),
                    S3Config::kmsKey,
                    "the service's default",
                    "id of the key, with `encryption: kms`")
            .example("arn:aws:kms:eu-central-1:111122223333:key/evidence");
    private static final Key<S3Config, Path> TLS_CA_FILE = Key.<S3Config, Path>optional(
                    "tls-ca-file",
                    path(),
                    S3Config::tlsCaFile,
                    "Java's own authorities",
                    "PEM file of the certificates that the server's must be or be signed by")
            .example("s3-ca.pem");
    private static final Key<S3Config, Duration> KEEP = Key.<S3Config, Duration>optional(
                    "keep",
                    duration(Duration.ofHours(1), Duration.ofDays(36_500)),
                    S3Config::keep,
                    "left to the bucket's lifecycle rules",
                    "age at which Helmwatch deletes objects of snapshots and clips")
            .example("90d");

    static final SectionSpec<S3Config> SPEC = SectionSpec.of(
            "object storage that snapshots and clips are copied to ([object storage](object-storage.md))",
            ENDPOINT,
            REGION_KEY,
            BUCKET_KEY,
            PREFIX_KEY,
            PATH_STYLE,
            ACCESS_KEY.variable(),
            ACCESS_KEY.file(),
            SECRET_KEY.variable(),
            SECRET_KEY.file(),
            ENCRYPTION,
            KMS_KEY,
            TLS_CA_FILE,
            KEEP);

    private S3Section() {}

    /** The storage; null where the section is absent or something is wrong. */
    static @Nullable S3Config read(Section section) {
        if (!section.isGiven()) {
            return null;
        }
        URI endpoint = section.required(ENDPOINT);
        String region = section.value(REGION_KEY);
        String bucket = section.required(BUCKET_KEY);
        String prefix = section.value(PREFIX_KEY);
        boolean pathStyle = section.value(PATH_STYLE);
        Secret accessKey = secret(section, ACCESS_KEY);
        Secret secretKey = secret(section, SECRET_KEY);
        Encryption encryption = section.value(ENCRYPTION);
        String kmsKey = section.optional(KMS_KEY);
        Path authorities = section.optional(TLS_CA_FILE);
        Duration keep = section.optional(KEEP);
        if (kmsKey != null && encryption != Encryption.KMS) {
            section.problem(KMS_KEY, "is for encryption: kms");
        }
        boolean isEncrypted = endpoint == null || "https".equals(endpoint.getScheme());
        if (encryption == Encryption.KMS && !isEncrypted) {
            section.problem(ENCRYPTION, "kms needs an https endpoint");
        }
        if (authorities != null) {
            String problem = isEncrypted ? CertificateFile.problem(authorities) : "is for an https endpoint";
            if (!problem.isEmpty()) {
                section.problem(TLS_CA_FILE, problem);
            }
        }
        if (!pathStyle && bucket != null && isEncrypted && bucket.contains(".")) {
            section.problem(
                    PATH_STYLE,
                    "false needs a bucket without dots: a certificate does not fit a host with more of them");
        }
        return endpoint == null || bucket == null || accessKey == null || secretKey == null
                ? null
                : new S3Config(
                        endpoint,
                        region,
                        bucket,
                        prefix,
                        pathStyle,
                        accessKey,
                        secretKey,
                        encryption,
                        kmsKey,
                        authorities,
                        keep);
    }

    private static @Nullable Secret secret(Section section, SecretKeys<S3Config> keys) {
        if (!section.has(keys.variable()) && !section.has(keys.file())) {
            section.problem(
                    keys.variable(),
                    "missing: expected " + keys.variable().name() + " or "
                            + keys.file().name());
            return null;
        }
        return keys.read(section);
    }

    private static @Nullable URI endpoint(String text) {
        try {
            URI url = new URI(text.strip());
            boolean isHttp = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
            boolean isPlain = url.getUserInfo() == null && url.getRawQuery() == null && url.getRawFragment() == null;
            boolean isRoot = url.getRawPath().isEmpty() || url.getRawPath().equals("/");
            return isHttp && url.getHost() != null && isPlain && isRoot
                    ? new URI(url.getScheme(), null, url.getHost(), url.getPort(), null, null, null)
                    : null;
        } catch (URISyntaxException e) {
            return null;
        }
    }
}
