package io.helmwatch.pipeline.desk;

import io.helmwatch.resource.AtomicFile;
import io.helmwatch.resource.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Encrypts settings with AES-256 in Galois/Counter mode. The key is in a file of its own that only its owner may read, made when missing, so
 * that a copy of the database alone tells no password. The stream's id is authenticated with its settings: rows cannot be exchanged.
 *
 * <p>Threading: any thread.
 */
final class SettingsCipher {
    private static final String TRANSFORMATION = "AES/GCM/NoPadding";
    private static final int KEY_BYTES = 32;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;

    private final SecureRandom random = new SecureRandom();
    private final SecretKey key;

    /**
     * Reads the key, or makes one.
     *
     * @throws IOException when the file cannot be used, in one sentence
     */
    SettingsCipher(Path file) throws IOException {
        byte[] bytes;
        if (Files.exists(file)) {
            PrivateFiles.restrict(file);
            bytes = Files.readAllBytes(file);
            if (bytes.length != KEY_BYTES) {
                throw new IOException("key file " + file + " has " + bytes.length + " bytes: expected " + KEY_BYTES
                        + "; restore it from a backup, or delete it and add the streams again");
            }
        } else {
            bytes = new byte[KEY_BYTES];
            random.nextBytes(bytes);
            AtomicFile.replace(file, bytes, AtomicFile.Durability.SYNCED);
            PrivateFiles.restrict(file);
        }
        key = new SecretKeySpec(bytes, "AES");
        Arrays.fill(bytes, (byte) 0);
    }

    /** Nonce and ciphertext. */
    byte[] encrypt(String stream, String settings) {
        try {
            byte[] nonce = new byte[NONCE_BYTES];
            random.nextBytes(nonce);
            byte[] sealed =
                    cipher(Cipher.ENCRYPT_MODE, nonce, stream).doFinal(settings.getBytes(StandardCharsets.UTF_8));
            byte[] result = Arrays.copyOf(nonce, NONCE_BYTES + sealed.length);
            System.arraycopy(sealed, 0, result, NONCE_BYTES, sealed.length);
            return result;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has AES-GCM", e);
        }
    }

    /**
     * The settings of {@link #encrypt}.
     *
     * @throws GeneralSecurityException when they were encrypted with another key, for another stream, or changed since
     */
    String decrypt(String stream, byte[] encrypted) throws GeneralSecurityException {
        if (encrypted.length < NONCE_BYTES) {
            throw new GeneralSecurityException("too short");
        }
        byte[] nonce = Arrays.copyOf(encrypted, NONCE_BYTES);
        byte[] plain = cipher(Cipher.DECRYPT_MODE, nonce, stream)
                .doFinal(encrypted, NONCE_BYTES, encrypted.length - NONCE_BYTES);
        return new String(plain, StandardCharsets.UTF_8);
    }

    private Cipher cipher(int mode, byte[] nonce, String stream) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance(TRANSFORMATION);
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(stream.getBytes(StandardCharsets.UTF_8));
        return cipher;
    }
}
