package io.helmwatch.config.http;

import io.helmwatch.config.secret.Redaction;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Salted hash of a password: PBKDF2 with HMAC-SHA256 (RFC 8018). Its text is {@code pbkdf2-sha256:ITERATIONS:SALT:HASH}, the last two in
 * Base64 for URLs without padding. Immutable.
 *
 * <p>Threading: any thread; {@link #of} and {@link #matches} compute for some tenths of a second.
 */
public final class PasswordHash {
    /** Iterations of new hashes. */
    public static final int ITERATIONS = 600_000;

    /** What {@link #parse} accepts, as a phrase. */
    public static final String RULE = "must be a hash that ./helmwatch password printed";

    private static final int MIN_ITERATIONS = 100_000;
    private static final int MAX_ITERATIONS = 10_000_000;
    private static final int SALT_BYTES = 16;
    private static final int HASH_BYTES = 32;
    private static final Pattern FORM =
            Pattern.compile("pbkdf2-sha256:(\\d{6,8}):([A-Za-z0-9_-]{22,64}):([A-Za-z0-9_-]{43})");

    private final int iterations;
    private final byte[] salt;
    private final byte[] hash;

    private PasswordHash(int iterations, byte[] salt, byte[] hash) {
        this.iterations = iterations;
        this.salt = salt;
        this.hash = hash;
    }

    /** The hash of a password, with a salt of its own. */
    public static PasswordHash of(char[] password) {
        byte[] salt = new byte[SALT_BYTES];
        new SecureRandom().nextBytes(salt);
        return new PasswordHash(ITERATIONS, salt, derive(password, salt, ITERATIONS));
    }

    /** A hash that no password has; comparing with it takes as long as with another. */
    public static PasswordHash unmatched() {
        return new PasswordHash(ITERATIONS, new byte[SALT_BYTES], new byte[HASH_BYTES]);
    }

    /** Reads the text of a hash; null where it is not one. */
    public static @Nullable PasswordHash parse(String text) {
        Matcher form = FORM.matcher(text.strip());
        if (!form.matches()) {
            return null;
        }
        int iterations = Integer.parseInt(form.group(1));
        if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS) {
            return null;
        }
        try {
            Base64.Decoder decoder = Base64.getUrlDecoder();
            return new PasswordHash(iterations, decoder.decode(form.group(2)), decoder.decode(form.group(3)));
        } catch (IllegalArgumentException notBase64) {
            return null;
        }
    }

    /** Whether a password is the hashed one; takes the same time whether it is or not. */
    public boolean matches(char[] password) {
        return MessageDigest.isEqual(hash, derive(password, salt, iterations));
    }

    private static byte[] derive(char[] password, byte[] salt, int iterations) {
        PBEKeySpec key = new PBEKeySpec(password, salt, iterations, HASH_BYTES * Byte.SIZE);
        try {
            return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(key)
                    .getEncoded();
        } catch (GeneralSecurityException missing) {
            throw new IllegalStateException("this Java has no PBKDF2WithHmacSHA256", missing);
        } finally {
            key.clearPassword();
        }
    }

    /** The text for the configuration. Whoever reads it can try passwords offline, so it is not for logs. */
    public String text() {
        Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
        return "pbkdf2-sha256:" + iterations + ":" + encoder.encodeToString(salt) + ":" + encoder.encodeToString(hash);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PasswordHash same && same.text().equals(text());
    }

    @Override
    public int hashCode() {
        return text().hashCode();
    }

    /** Three stars. */
    @Override
    public String toString() {
        return Redaction.MASK;
    }
}
