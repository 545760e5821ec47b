package io.helmwatch.ingest.network;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Answers a server's challenges: of several it takes the strongest that it can answer, Digest with SHA-256 before Digest with
 * MD5 before Basic (RFC 7616, RFC 7617). Basic, which shows the password to whoever can read the connection, only where allowed.
 *
 * <p>Threading: one thread.
 */
public final class Authentication {
    private static final SecureRandom RANDOM = new SecureRandom();

    private final String user;
    private final String password;
    private final boolean basicAllowed;
    private @Nullable Challenge chosen;
    private int count;

    /** With user and password, which are never shown. */
    public Authentication(String user, String password, boolean basicAllowed) {
        this.user = user;
        this.password = password;
        this.basicAllowed = basicAllowed;
    }

    /**
     * Chooses among the challenges of a response.
     *
     * @param headers values of its {@code WWW-Authenticate} headers
     * @return whether there is one that can be answered
     */
    public boolean choose(List<String> headers) {
        Challenge best = null;
        for (Challenge challenge : challenges(headers)) {
            if (strength(challenge) > (best == null ? 0 : strength(best))) {
                best = challenge;
            }
        }
        chosen = best;
        count = 0;
        return best != null;
    }

    private static List<Challenge> challenges(List<String> headers) {
        List<Challenge> all = new ArrayList<>();
        for (String header : headers) {
            all.addAll(Challenge.parse(header));
        }
        return all;
    }

    /** What the challenges ask for, for a sentence: {@code Digest with SHA-512-256}. */
    public static String describe(List<String> headers) {
        List<String> words = new ArrayList<>();
        for (Challenge challenge : challenges(headers)) {
            words.add(
                    challenge.scheme().equals("digest")
                            ? "Digest with " + algorithm(challenge).toUpperCase(Locale.ROOT)
                            : challenge.scheme());
        }
        return String.join(", ", words);
    }

    /** Whether the challenges offer nothing but Basic. */
    public static boolean isBasicOnly(List<String> headers) {
        List<Challenge> all = challenges(headers);
        return !all.isEmpty()
                && all.stream().allMatch(challenge -> challenge.scheme().equals("basic"));
    }

    /** Whether a client that knows only MD5, and takes the last Digest that it is offered, can answer. */
    public static boolean isUsual(List<String> headers) {
        Challenge last = null;
        for (Challenge challenge : challenges(headers)) {
            if (challenge.scheme().equals("digest")) {
                last = challenge;
            }
        }
        return last == null || (algorithm(last).equals("md5") && isQualityKnown(last));
    }

    private int strength(Challenge challenge) {
        if (challenge.scheme().equals("basic")) {
            return basicAllowed ? 1 : 0;
        }
        if (!challenge.scheme().equals("digest") || !isQualityKnown(challenge)) {
            return 0;
        }
        return switch (algorithm(challenge)) {
            case "md5", "md5-sess" -> 2;
            case "sha-256", "sha-256-sess" -> 3;
            default -> 0;
        };
    }

    private static String algorithm(Challenge challenge) {
        String algorithm = challenge.parameter("algorithm").toLowerCase(Locale.ROOT);
        return algorithm.isEmpty() ? "md5" : algorithm;
    }

    private static boolean isQualityKnown(Challenge challenge) {
        String quality = challenge.parameter("qop");
        return quality.isEmpty() || offersAuth(quality);
    }

    private static boolean offersAuth(String quality) {
        return Arrays.stream(quality.split(",", -1)).anyMatch(one -> one.strip().equalsIgnoreCase("auth"));
    }

    /**
     * Value of the {@code Authorization} header of a request.
     *
     * @return null before a challenge was chosen
     */
    public @Nullable String answer(String method, String uri) {
        Challenge challenge = chosen;
        if (challenge == null) {
            return null;
        }
        if (challenge.scheme().equals("basic")) {
            byte[] pair = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
            return "Basic " + Base64.getEncoder().encodeToString(pair);
        }
        String algorithm = algorithm(challenge);
        String realm = challenge.parameter("realm");
        String nonce = challenge.parameter("nonce");
        byte[] random = new byte[8];
        RANDOM.nextBytes(random);
        String clientNonce = HexFormat.of().formatHex(random);
        String secret = hash(algorithm, user + ":" + realm + ":" + password);
        if (algorithm.endsWith("-sess")) {
            secret = hash(algorithm, secret + ":" + nonce + ":" + clientNonce);
        }
        String request = hash(algorithm, method + ":" + uri);
        boolean quality = !challenge.parameter("qop").isEmpty();
        String number = String.format(Locale.ROOT, "%08x", ++count);
        String response = quality
                ? hash(algorithm, secret + ":" + nonce + ":" + number + ":" + clientNonce + ":auth:" + request)
                : hash(algorithm, secret + ":" + nonce + ":" + request);
        StringBuilder answer = new StringBuilder("Digest username=")
                .append(quoted(user))
                .append(", realm=")
                .append(quoted(realm))
                .append(", nonce=")
                .append(quoted(nonce))
                .append(", uri=")
                .append(quoted(uri))
                .append(", response=")
                .append(quoted(response));
        if (!challenge.parameter("algorithm").isEmpty()) {
            answer.append(", algorithm=").append(challenge.parameter("algorithm"));
        }
        if (!challenge.parameter("opaque").isEmpty()) {
            answer.append(", opaque=").append(quoted(challenge.parameter("opaque")));
        }
        if (quality) {
            answer.append(", qop=auth, nc=").append(number);
        }
        if (quality || algorithm.endsWith("-sess")) {
            answer.append(", cnonce=").append(quoted(clientNonce));
        }
        return answer.toString();
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    private static String hash(String algorithm, String text) {
        try {
            MessageDigest digest = MessageDigest.getInstance(algorithm.startsWith("sha-256") ? "SHA-256" : "MD5");
            return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has MD5 and SHA-256", e);
        }
    }
}
