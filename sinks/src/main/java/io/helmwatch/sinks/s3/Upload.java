package io.helmwatch.sinks.s3;

/**
 * A file that waits for the object storage, or that the storage refused for good.
 *
 * @param position its place in the order of its table
 * @param kind what it is
 * @param path below the folder of its kind
 * @param sha256 of its content, lower-case hexadecimal
 * @param bytes its size
 */
record Upload(long position, EvidenceKind kind, String path, String sha256, long bytes) {
    /** Its kind and its path, such as {@code clips/gate-3/2026-11-20/…}. */
    String name() {
        return kind.key("", path);
    }
}
