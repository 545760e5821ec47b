package io.helmwatch.inference.tensorrt;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Optional;

/**
 * Engines on disk. A file holds a mark, a digest of all that follows, the key and TensorRT's plan; one that is damaged or was written for
 * another key is taken as absent. Only what this program wrote is loaded, since a plan is code.
 *
 * <p>Threading: any thread, any process: files are written beside and moved into place.
 */
final class EngineCache {

    private static final byte[] MARK = "HELMWATCH-ENGINE-1\n".getBytes(StandardCharsets.US_ASCII);
    private static final int DIGEST_BYTES = 32;

    private final Path directory;

    EngineCache(Path directory) {
        this.directory = directory;
    }

    Path fileOf(EngineKey key, String modelName) {
        return directory.resolve(key.fileName(modelName));
    }

    /** A model's name as part of a file's. */
    static String readable(String modelName) {
        return modelName.replaceAll("[^A-Za-z0-9._-]", "_");
    }

    /** Where the times of kernels measured on this GPU are kept between builds. */
    Path timingFile(String gpuName, String tensorRtVersion) {
        return directory.resolve(readable(gpuName) + "-" + tensorRtVersion + ".timing");
    }

    /** The plan kept for a key; empty when there is none or the file is damaged. */
    Optional<byte[]> load(EngineKey key, String modelName) {
        return read(fileOf(key, modelName))
                .filter(entry -> entry.key().equals(key))
                .map(Entry::plan);
    }

    /** A key and its plan. */
    record Entry(EngineKey key, byte[] plan) {}

    /** What a file holds; empty when it is no engine of ours or damaged. */
    static Optional<Entry> read(Path file) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (IOException e) {
            return Optional.empty();
        }
        int body = MARK.length + DIGEST_BYTES;
        if (bytes.length < body + 4 || !Arrays.equals(bytes, 0, MARK.length, MARK, 0, MARK.length)) {
            return Optional.empty();
        }
        byte[] found = EngineKey.sha256(Arrays.copyOfRange(bytes, body, bytes.length));
        if (!Arrays.equals(bytes, MARK.length, body, found, 0, DIGEST_BYTES)) {
            return Optional.empty();
        }
        int keyBytes = ByteBuffer.wrap(bytes).getInt(body);
        int plan = body + 4 + keyBytes;
        if (keyBytes < 0 || plan > bytes.length || plan < body) {
            return Optional.empty();
        }
        return Optional.of(new Entry(
                new EngineKey(new String(bytes, body + 4, keyBytes, StandardCharsets.UTF_8)),
                Arrays.copyOfRange(bytes, plan, bytes.length)));
    }

    /** Keeps a plan, replacing what was there. */
    void store(EngineKey key, String modelName, byte[] plan) throws IOException {
        byte[] keyBytes = key.text().getBytes(StandardCharsets.UTF_8);
        byte[] body = ByteBuffer.allocate(4 + keyBytes.length + plan.length)
                .putInt(keyBytes.length)
                .put(keyBytes)
                .put(plan)
                .array();
        byte[] file = ByteBuffer.allocate(MARK.length + DIGEST_BYTES + body.length)
                .put(MARK)
                .put(EngineKey.sha256(body))
                .put(body)
                .array();
        replace(fileOf(key, modelName), file);
    }

    /** Writes a file as a whole or not at all. */
    static void replace(Path file, byte[] bytes) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null) {
            throw new IOException(file + " is no file");
        }
        Files.createDirectories(directory);
        Path beside = Files.createTempFile(directory, String.valueOf(file.getFileName()), ".part");
        try {
            Files.write(beside, bytes);
            try {
                Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING);
            }
        } finally {
            Files.deleteIfExists(beside);
        }
    }
}
