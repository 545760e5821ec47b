package io.helmwatch.cuda;

import io.helmwatch.resource.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * Cache of compiled kernels on disk. The file name is a digest of source, options and compiler version; the file starts with a digest of the
 * machine code, so that a damaged file is detected and compiled again.
 *
 * <p>Threading: any thread, any process: files are replaced atomically.
 */
final class CubinCache {

    private static final int DIGEST_BYTES = 32;

    private final Path directory;

    CubinCache(Path directory) {
        this.directory = directory;
    }

    /** File name of a kernel. */
    static String key(String name, String source, List<String> options, String compilerVersion) {
        MessageDigest digest = sha256();
        for (String part : List.of(name, source, String.join("\n", options), compilerVersion)) {
            byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
            digest.update((bytes.length + ":").getBytes(StandardCharsets.UTF_8));
            digest.update(bytes);
        }
        return HexFormat.of().formatHex(digest.digest(), 0, 16) + ".cubin";
    }

    /** The machine code stored under a key; empty when it is missing or damaged. */
    Optional<byte[]> load(String key) {
        try {
            byte[] file = Files.readAllBytes(directory.resolve(key));
            if (file.length <= DIGEST_BYTES) {
                return Optional.empty();
            }
            byte[] cubin = Arrays.copyOfRange(file, DIGEST_BYTES, file.length);
            byte[] expected = Arrays.copyOf(file, DIGEST_BYTES);
            return Arrays.equals(expected, sha256().digest(cubin)) ? Optional.of(cubin) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Stores machine code. A directory that cannot be written only costs the next start some time, so failures are ignored. */
    void store(String key, byte[] cubin) {
        byte[] file = Arrays.copyOf(sha256().digest(cubin), DIGEST_BYTES + cubin.length);
        System.arraycopy(cubin, 0, file, DIGEST_BYTES, cubin.length);
        try {
            AtomicFile.replace(directory.resolve(key), file, AtomicFile.Durability.CACHED);
        } catch (IOException e) {
            // The next start compiles again.
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }
}
