package io.helmwatch.cuda;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * Compiled kernels on disk. The name holds a digest of source, options and compiler version; the file begins with a digest of the machine
 * code, so that a damaged one is noticed and made again.
 *
 * <p>Threading: any thread, any process: files are written beside and moved into place.
 */
final class CubinCache {

    private static final int DIGEST_BYTES = 32;

    private final Path directory;

    CubinCache(Path directory) {
        this.directory = directory;
    }

    /** Name of the file for a kernel. */
    static String key(String name, String source, List<String> options, String compilerVersion) {
        MessageDigest digest = sha256();
        for (String part : List.of(name, source, String.join("\n", options), compilerVersion)) {
            byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
            digest.update((bytes.length + ":").getBytes(StandardCharsets.UTF_8));
            digest.update(bytes);
        }
        return HexFormat.of().formatHex(digest.digest(), 0, 16) + ".cubin";
    }

    /** The machine code kept under a key; empty when there is none or it is damaged. */
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

    /** Keeps machine code. A folder that cannot be written only costs the next start some time, so that failures are let go. */
    void store(String key, byte[] cubin) {
        Path beside = null;
        try {
            Files.createDirectories(directory);
            beside = Files.createTempFile(directory, key, ".part");
            byte[] file = Arrays.copyOf(sha256().digest(cubin), DIGEST_BYTES + cubin.length);
            System.arraycopy(cubin, 0, file, DIGEST_BYTES, cubin.length);
            Files.write(beside, file);
            move(beside, directory.resolve(key));
        } catch (IOException e) {
            deleteQuietly(beside);
        }
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static void deleteQuietly(@org.jspecify.annotations.Nullable Path file) {
        if (file != null) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                // Nothing depends on it.
            }
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
