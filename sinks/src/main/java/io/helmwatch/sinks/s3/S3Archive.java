package io.helmwatch.sinks.s3;

import io.helmwatch.config.incident.S3Config;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Reads copies of snapshots and clips, for somebody who waits: time limits are short, and few requests are in progress at a time, so that a storage
 * that is away occupies no more threads than those.
 *
 * <p>Threading: any thread. Ownership: {@link #close} ends connections.
 */
public final class S3Archive implements AutoCloseable {
    private static final int REQUESTS = 4;
    private static final long TURN_SECONDS = 2;

    private final S3Config config;
    private final S3Storage storage;
    private final Semaphore turns = new Semaphore(REQUESTS);

    /** Connects with the first request. */
    public S3Archive(S3Config config) {
        this.config = config;
        this.storage = new S3Storage(config, S3Storage.Limits.INTERACTIVE);
    }

    private interface Request<T> {
        T run(String key) throws S3Failure;
    }

    private <T> T request(EvidenceKind kind, String path, Request<T> request) throws S3Failure {
        try {
            if (!turns.tryAcquire(TURN_SECONDS, TimeUnit.SECONDS)) {
                throw new S3Failure(
                        config.server() + " is slow, other requests are waiting for it", S3Failure.Scope.STORAGE, null);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new S3Failure("the service is ending", S3Failure.Scope.STORAGE, e);
        }
        try {
            return request.run(kind.key(config.prefix(), path));
        } finally {
            turns.release();
        }
    }

    /** Where a copy is, {@code s3://BUCKET/KEY}. */
    public String url(EvidenceKind kind, String path) {
        return "s3://" + config.bucket() + "/" + kind.key(config.prefix(), path);
    }

    /**
     * Size of a copy; empty where there is none.
     *
     * @param path below the folder of its kind
     */
    public OptionalLong size(EvidenceKind kind, String path) throws S3Failure {
        return request(kind, path, storage::size);
    }

    /**
     * Bytes of a copy.
     *
     * @param first the first of them
     * @param length their number, at least 1
     */
    public byte[] read(EvidenceKind kind, String path, long first, int length) throws S3Failure {
        return request(kind, path, key -> storage.read(key, first, length));
    }

    /** A copy as a whole; empty where there is none. */
    public Optional<byte[]> read(EvidenceKind kind, String path) throws S3Failure {
        return request(
                kind, path, key -> storage.size(key).isPresent() ? Optional.of(storage.read(key)) : Optional.empty());
    }

    @Override
    public void close() {
        storage.close();
    }
}
