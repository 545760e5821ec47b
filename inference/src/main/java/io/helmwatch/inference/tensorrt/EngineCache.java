package io.helmwatch.inference.tensorrt;

import io.helmwatch.resource.AtomicFile;
import io.helmwatch.resource.AtomicFile.Durability;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * Engines on disk. A file holds a magic line, a digest of the rest, the key and TensorRT's plan; a file that is damaged or was written for
 * another key counts as absent. Only files written by this program are loaded, since a plan is code.
 *
 * <p>Threading: any thread, any process: files are replaced atomically.
 */
final class EngineCache {

    private static final byte[] MAGIC = "HELMWATCH-ENGINE-1\n".getBytes(StandardCharsets.US_ASCII);
    private static final int DIGEST_BYTES = 32;

    private final Path directory;

    EngineCache(Path directory) {
        this.directory = directory;
    }

    Path fileOf(EngineKey key, String modelName) {
        return directory.resolve(key.fileName(modelName));
    }

    /** A model's name as part of a file name. */
    static String fileNamePart(String modelName) {
        return modelName.replaceAll("[^A-Za-z0-9._-]", "_");
    }

    /** File of kernel timings of this GPU, which later builds reuse. */
    Path timingFile(String gpuName, String tensorRtVersion) {
        return directory.resolve(fileNamePart(gpuName) + "-" + tensorRtVersion + ".timing");
    }

    /** The cached plan for a key; empty when there is none or the file is damaged. */
    Optional<byte[]> load(EngineKey key, String modelName) {
        return read(fileOf(key, modelName))
                .filter(entry -> entry.key().equals(key))
                .map(Entry::plan);
    }

    /** A key and its plan. */
    record Entry(EngineKey key, byte[] plan) {}

    /** Content of a file; empty when it was not written by this program or is damaged. */
    static Optional<Entry> read(Path file) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (IOException e) {
            return Optional.empty();
        }
        int body = MAGIC.length + DIGEST_BYTES;
        if (bytes.length < body + 4 || !Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            return Optional.empty();
        }
        byte[] found = EngineKey.sha256(Arrays.copyOfRange(bytes, body, bytes.length));
        if (!Arrays.equals(bytes, MAGIC.length, body, found, 0, DIGEST_BYTES)) {
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

    /** Stores a plan and replaces an older one. */
    void store(EngineKey key, String modelName, byte[] plan) throws IOException {
        byte[] keyBytes = key.text().getBytes(StandardCharsets.UTF_8);
        byte[] body = ByteBuffer.allocate(4 + keyBytes.length + plan.length)
                .putInt(keyBytes.length)
                .put(keyBytes)
                .put(plan)
                .array();
        byte[] file = ByteBuffer.allocate(MAGIC.length + DIGEST_BYTES + body.length)
                .put(MAGIC)
                .put(EngineKey.sha256(body))
                .put(body)
                .array();
        AtomicFile.replace(fileOf(key, modelName), file, Durability.CACHED);
    }
}
