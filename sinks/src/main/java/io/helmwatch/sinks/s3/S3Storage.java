package io.helmwatch.sinks.s3;

import io.helmwatch.config.incident.S3Config;
import io.helmwatch.config.secret.CertificateFile;
import io.helmwatch.resource.Closer;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.ProxyConfiguration;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;

/**
 * A bucket. Nothing is connected before the first request, and nothing but the configured endpoint is ever contacted: no profile, environment
 * variable or metadata service is asked for credentials, regions or proxies. Requests are not repeated here.
 *
 * <p>An object is one PUT request, which the server stores as a whole or not at all, so that nothing is left of one that was cut.
 *
 * <p>Threading: any thread. Ownership: {@link #close} ends connections; requests in progress fail.
 */
final class S3Storage implements AutoCloseable {
    /** Slowest upload that is waited for. */
    private static final long BYTES_A_SECOND = 32L << 10;

    private final S3Config config;
    private final Limits limits;
    private final S3Diagnosis diagnosis;
    private final Closer owned = new Closer();
    private @Nullable S3Client client;
    private boolean closed;

    /**
     * How long requests may take.
     *
     * @param connect to connect
     * @param silence between two parts of an answer
     * @param request whole request, without the time that its bytes take
     */
    record Limits(Duration connect, Duration silence, Duration request) {
        /** For work in the background. */
        static final Limits BACKGROUND =
                new Limits(Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofSeconds(60));
        /** For somebody who waits. */
        static final Limits INTERACTIVE =
                new Limits(Duration.ofSeconds(3), Duration.ofSeconds(8), Duration.ofSeconds(15));
    }

    /**
     * A part of a listing.
     *
     * @param keys of the objects; none although others follow where a server finds that enough for one answer
     * @param next continues behind it; null at the end
     */
    record Page(List<String> keys, @Nullable String next) {}

    S3Storage(S3Config config, Limits limits) {
        this.config = config;
        this.limits = limits;
        this.diagnosis = new S3Diagnosis(config);
    }

    private synchronized S3Client client() {
        if (closed) {
            throw new IllegalStateException("the storage is closed");
        }
        S3Client known = client;
        if (known == null) {
            UrlConnectionHttpClient.Builder http = UrlConnectionHttpClient.builder()
                    .connectionTimeout(limits.connect())
                    .socketTimeout(limits.silence())
                    .proxyConfiguration(ProxyConfiguration.builder()
                            .useSystemPropertyValues(false)
                            .useEnvironmentVariablesValues(false)
                            .build());
            Path authorities = config.tlsCaFile();
            if (authorities != null) {
                http.tlsTrustManagersProvider(() -> trust(authorities));
            }
            known = S3Client.builder()
                    .endpointOverride(config.endpoint())
                    .region(Region.of(config.region()))
                    // Set, so that AWS_USE_FIPS_ENDPOINT and the like are not asked for.
                    .fipsEnabled(false)
                    .dualstackEnabled(false)
                    .forcePathStyle(config.pathStyle())
                    .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(
                            config.accessKey().reveal(), config.secretKey().reveal())))
                    // Checksums in trailers are not understood by many servers.
                    .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                    .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                    .serviceConfiguration(S3Configuration.builder()
                            .chunkedEncodingEnabled(false)
                            .build())
                    .overrideConfiguration(settings -> settings.defaultProfileFile(
                                    ProfileFile.aggregator().build())
                            .apiCallTimeout(limits.request())
                            .retryStrategy(retries -> retries.maxAttempts(1)))
                    .httpClient(owned.register(http.build()))
                    .build();
            owned.register(known);
            client = known;
        }
        return known;
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private static TrustManager[] trust(Path authorities) {
        try {
            return CertificateFile.trust(authorities).getTrustManagers();
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(
                    "incidents.s3.tls-ca-file " + authorities + " cannot be used: " + e.getMessage(), e);
        }
    }

    private <T> T request(Function<S3Client, T> request) throws S3Failure {
        try {
            return request.apply(client());
        } catch (RuntimeException e) {
            // Closing it makes requests in progress fail in many ways.
            throw isClosed()
                    ? new S3Failure("the service is ending", S3Failure.Scope.STORAGE, e)
                    : diagnosis.failure(e);
        }
    }

    /**
     * Stores a file as an object; an object of this key is replaced.
     *
     * @param bytes size of the file
     * @param sha256 of the file, lower-case hexadecimal; servers that know the header refuse other content
     */
    void put(String key, Path file, long bytes, String sha256, String contentType) throws S3Failure {
        PutObjectRequest.Builder put = PutObjectRequest.builder()
                .bucket(config.bucket())
                .key(key)
                .contentType(contentType)
                .checksumSHA256(
                        Base64.getEncoder().encodeToString(HexFormat.of().parseHex(sha256)))
                .overrideConfiguration(
                        settings -> settings.apiCallTimeout(limits.request().plusSeconds(bytes / BYTES_A_SECOND)));
        switch (config.encryption()) {
            case BUCKET -> {}
            case AES256 -> put.serverSideEncryption(ServerSideEncryption.AES256);
            case KMS -> put.serverSideEncryption(ServerSideEncryption.AWS_KMS).ssekmsKeyId(config.kmsKey());
        }
        request(s3 -> s3.putObject(put.build(), RequestBody.fromFile(file)));
    }

    /** Size of an object; empty where there is none. */
    OptionalLong size(String key) throws S3Failure {
        return request(s3 -> {
            try {
                return OptionalLong.of(
                        s3.headObject(head -> head.bucket(config.bucket()).key(key))
                                .contentLength());
            } catch (NoSuchKeyException e) {
                return OptionalLong.empty();
            }
        });
    }

    /**
     * Bytes of an object.
     *
     * @param first the first of them
     * @param length their number, at least 1
     */
    byte[] read(String key, long first, int length) throws S3Failure {
        return request(s3 -> s3.getObjectAsBytes(get ->
                        get.bucket(config.bucket()).key(key).range("bytes=" + first + "-" + (first + length - 1)))
                .asByteArray());
    }

    /** A whole object. */
    byte[] read(String key) throws S3Failure {
        return request(s3 ->
                s3.getObjectAsBytes(get -> get.bucket(config.bucket()).key(key)).asByteArray());
    }

    /**
     * Objects below a prefix, in the order of their keys.
     *
     * @param after key after which to begin
     * @param next of the page before; null to begin
     */
    Page list(String prefix, String after, @Nullable String next) throws S3Failure {
        ListObjectsV2Response answer = request(s3 -> s3.listObjectsV2(list ->
                list.bucket(config.bucket()).prefix(prefix).startAfter(after).continuationToken(next)));
        return new Page(
                answer.contents().stream().map(S3Object::key).toList(),
                Boolean.TRUE.equals(answer.isTruncated()) ? answer.nextContinuationToken() : null);
    }

    /** Deletes an object; does nothing where there is none. */
    void delete(String key) throws S3Failure {
        request(s3 -> s3.deleteObject(delete -> delete.bucket(config.bucket()).key(key)));
    }

    @Override
    public synchronized void close() {
        closed = true;
        owned.close();
    }
}
