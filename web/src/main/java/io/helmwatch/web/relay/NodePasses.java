package io.helmwatch.web.relay;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.config.http.Role;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.web.Relay;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Passes by which a node proves to another one that it sends a request, and in whose name: JSON with the names of both nodes, user, role, method and
 * path, signed with HMAC-SHA256 under a key that is derived from the cluster's secret and name. A pass is good for this one request, once, for
 * {@value #LIFETIME_MILLIS} ms; clocks may differ by {@value #SKEW_MILLIS} ms.
 *
 * <p>Memory: the passes that were used, until they have expired, at most {@value #MOST_USED}; beyond that no pass is accepted.
 *
 * <p>Threading: any thread.
 */
final class NodePasses {
    static final long LIFETIME_MILLIS = 30_000;
    static final long SKEW_MILLIS = 60_000;
    static final int MOST_USED = 100_000;

    private static final String ALGORITHM = "HmacSHA256";
    private static final String CONTEXT = "helmwatch node pass 1 ";
    private static final int NONCE_BYTES = 16;
    private static final int LONGEST = 4_096;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

    private final String node;
    private final SecretKeySpec key;
    private final LongSupplier millis;
    private final SecureRandom random = new SecureRandom();
    /** When passes that were used expire, by their nonce; oldest use first. */
    private final Map<String, Long> used = new LinkedHashMap<>();

    /**
     * Passes of a node.
     *
     * @param node its name
     * @param secret the same on every node of the cluster
     * @param millis wall clock, milliseconds since 1970 UTC
     */
    NodePasses(String cluster, String node, Secret secret, LongSupplier millis) {
        this.node = node;
        this.millis = millis;
        SecretKeySpec given = new SecretKeySpec(secret.reveal().getBytes(StandardCharsets.UTF_8), ALGORITHM);
        this.key = new SecretKeySpec(sign(given, CONTEXT + cluster), ALGORITHM);
    }

    private static byte[] sign(SecretKeySpec with, String text) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(with);
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no " + ALGORITHM, e);
        }
    }

    /** The value of the header {@code Authorization} of a request to another node. */
    String issue(String to, Relay.Sender sender, String method, String uri) {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        String claims = JSON.createObjectNode()
                .put("from", node)
                .put("to", to)
                .put("user", sender.user())
                .put("role", sender.role().name().toLowerCase(Locale.ROOT))
                .put("jpegOnly", sender.isJpegOnly())
                .put("method", method)
                .put("uri", uri)
                .put("expires", millis.getAsLong() + LIFETIME_MILLIS)
                .put("nonce", ENCODER.encodeToString(nonce))
                .toString();
        String payload = ENCODER.encodeToString(claims.getBytes(StandardCharsets.UTF_8));
        return Relay.SCHEME + payload + "." + ENCODER.encodeToString(sign(key, payload));
    }

    /** Who sends a request, with the name of the node that passes it on; null where the pass is not good for it. */
    Relay.@Nullable Sender verify(String authorization, String method, String uri) {
        if (authorization.length() > LONGEST || !authorization.startsWith(Relay.SCHEME)) {
            return null;
        }
        String pass = authorization.substring(Relay.SCHEME.length()).strip();
        int dot = pass.indexOf('.');
        if (dot < 0) {
            return null;
        }
        String payload = pass.substring(0, dot);
        try {
            byte[] signature = Base64.getUrlDecoder().decode(pass.substring(dot + 1));
            if (!MessageDigest.isEqual(signature, sign(key, payload))) {
                return null;
            }
            return claimed(JSON.readTree(Base64.getUrlDecoder().decode(payload)), method, uri);
        } catch (IOException | IllegalArgumentException e) {
            return null;
        }
    }

    private Relay.@Nullable Sender claimed(JsonNode claims, String method, String uri) {
        long now = millis.getAsLong();
        long expires = claims.path("expires").asLong();
        boolean isGood = claims.path("to").asText().equals(node)
                && claims.path("method").asText().equals(method)
                && claims.path("uri").asText().equals(uri)
                && expires > now - SKEW_MILLIS
                && expires < now + LIFETIME_MILLIS + SKEW_MILLIS
                && isFirstUse(claims.path("nonce").asText(), expires + SKEW_MILLIS, now);
        if (!isGood) {
            return null;
        }
        Role role = Role.valueOf(claims.path("role").asText().toUpperCase(Locale.ROOT));
        return new Relay.Sender(
                claims.path("user").asText() + "@" + claims.path("from").asText(),
                role,
                claims.path("jpegOnly").asBoolean(true));
    }

    private synchronized boolean isFirstUse(String nonce, long untilMillis, long now) {
        Iterator<Long> oldest = used.values().iterator();
        while (oldest.hasNext() && oldest.next() <= now) {
            oldest.remove();
        }
        return !nonce.isEmpty() && used.size() < MOST_USED && used.putIfAbsent(nonce, untilMillis) == null;
    }
}
