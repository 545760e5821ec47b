package io.helmwatch.config.secret;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Masks secrets in text before it leaves the process: logs, errors, events, metrics, standard output.
 *
 * <p>Masked are the user information of every URL, also of one without its scheme; the word in path segments such as
 * {@code /admin:word} and {@code /admin/word}; values of query parameters and {@code key=value} pairs whose name speaks of a credential; and every
 * secret that was {@linkplain #register(Secret) registered}, as it is and in its encoded forms. In doubt more is masked, not
 * less: a URL whose path contains an {@code @} may lose its host. A registered secret below {@link #SAFE_SECRET_LENGTH} is masked as a word of its
 * own only: the password {@code pass} leaves {@code passed} and {@code pass-3} readable.
 *
 * <p>Threading: every method may be called by any thread; {@link #redact} takes no lock.
 */
public final class Redaction {
    /** The replacement of a secret. */
    public static final String MASK = "***";

    /** Secrets shorter than this are masked in free text only where they stand alone: within other words they are ordinary letters. */
    public static final int SAFE_SECRET_LENGTH = 8;

    private static final String CREDENTIAL_NAME =
            "[\\w.-]*(?:token|pas|pw|psw|secret|credential|auth|sid|session|signature|key)[\\w.-]*";
    private static final Pattern PARAMETER =
            Pattern.compile("([?&;]" + CREDENTIAL_NAME + "=)[^&;\\s\"'<>#]+", Pattern.CASE_INSENSITIVE);
    private static final Pattern PAIR = Pattern.compile(
            "((?<![\\w.-])[\\w.-]*(?:password|passwd|passphrase|pass|pwd|pswd?|secret|token)\\s*=\\s*)(\"[^\"]*\"|'[^']*'|[^\\s,;&\"']+)",
            Pattern.CASE_INSENSITIVE);

    /** Parameters of a URL whose value is a password, whatever it looks like. */
    private static final Pattern PASSWORD_PARAMETER = Pattern.compile(
            "[?&;/#][\\w.-]*(?:passw[\\w.-]*|passphrase|pass?|pwd|pswd?|pw|secret[\\w.-]*|token[\\w.-]*)=([^&;\\s\"'<>#/]+)",
            Pattern.CASE_INSENSITIVE);

    /** Parameters of a URL that hold a user and a password. */
    private static final Pattern USER_PARAMETER = Pattern.compile(
            "([?&;](?:user|usr|login|account)[\\w.-]*=[^&;:,%\\s\"'<>#]*(?::|,|%3A|%2C))[^&;\\s\"'<>#]+",
            Pattern.CASE_INSENSITIVE);

    /** User names that cameras are delivered with. */
    private static final String USER = "(?:admin|administrator|root|user|operator|viewer|guest|service|supervisor)\\d*";

    /** First parts of path segments that are no password although a user name is before them, as in {@code /user/stream1}. */
    private static final String ORDINARY =
            "(?:live|stream|ch|cam|video|audio|media|main|sub|profile|track|h26[45]|hevc|m?jpe?g|mpeg|onvif"
                    + "|index|snap|image|cgi|api|axis|unicast|multicast|play|view|log|rtsp|proxy|test|\\d{1,3}(?![\\w.-]))";

    private static final Pattern PASSWORD_SEGMENT =
            Pattern.compile("/" + USER + "(?::|/(?!" + ORDINARY + "))([^/?#\\s\"'<>]+)", Pattern.CASE_INSENSITIVE);

    private static final Pattern USER_SEGMENT = Pattern.compile(USER, Pattern.CASE_INSENSITIVE);
    private static final Pattern ORDINARY_SEGMENT = Pattern.compile(ORDINARY + ".*", Pattern.CASE_INSENSITIVE);

    private static final Pattern SEGMENT = Pattern.compile("[A-Za-z][\\w.-]*:.+");

    /** {@code name:word@host} outside a URL. */
    private static final Pattern WITHOUT_SCHEME =
            Pattern.compile("(?<![\\w:@.-])[A-Za-z][\\w.-]*:[^\\s\"'<>/@]+@(?=[\\w\\[])");

    private Redaction() {}

    /**
     * Masks a secret from now on wherever it appears in text, in these forms: as it is, percent-encoded (also with lower-case
     * hex digits, and with a plus for a blank), escaped as in JSON. Forms of fewer than four characters are not masked.
     */
    public static void register(Secret secret) {
        RegisteredSecrets.add(secret.reveal());
    }

    /** Masks a user's password, and the pair as HTTP's basic authentication writes it. */
    public static void register(String username, Secret password) {
        register(password);
        RegisteredSecrets.addBasicAuthentication(username, password.reveal());
    }

    /** Masks the passwords that cameras take in the path or the query of their URL, such as {@code ?user=admin&password=word}. */
    public static void registerPartsOf(String url) {
        // Names may be percent-encoded, too.
        for (String text : List.of(url, UserInfo.percentDecode(url))) {
            for (Pattern pattern : List.of(PASSWORD_PARAMETER, PASSWORD_SEGMENT)) {
                Matcher matcher = pattern.matcher(text);
                while (matcher.find()) {
                    register(Secret.of(matcher.group(1)));
                    register(Secret.of(UserInfo.percentDecode(matcher.group(1))));
                }
            }
        }
    }

    /** The text with every secret in it masked; the same object where there is none. */
    public static String redact(String text) {
        String result = RegisteredSecrets.mask(text);
        if (result.contains("://")) {
            result = maskPathSegments(maskUserInfo(result));
        }
        if (result.indexOf('@') >= 0) {
            result = WITHOUT_SCHEME.matcher(result).replaceAll(MASK + "@");
        }
        if (result.indexOf('=') >= 0) {
            result = mask(PARAMETER, result);
            result = mask(USER_PARAMETER, result);
            result = mask(PAIR, result);
        }
        return result;
    }

    private static String mask(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        return matcher.find() ? matcher.replaceAll("$1***") : text;
    }

    /**
     * Masks from each {@code ://} to the last at-sign of its URL. The URL ends at white space or a quote, unless nothing but
     * {@code name:text} came before it: then white space is taken as part of a password, up to the last at-sign of the line.
     */
    private static String maskUserInfo(String text) {
        StringBuilder masked = null;
        int copied = 0;
        int separator = text.indexOf("://");
        while (separator >= 0) {
            int start = separator + 3;
            int next = text.indexOf("://", start);
            int limit = next < 0 ? text.length() : next;
            int at = lastAtSign(text, start, limit);
            if (at >= 0) {
                if (masked == null) {
                    masked = new StringBuilder(text.length());
                }
                masked.append(text, copied, start).append(MASK);
                copied = at;
            }
            separator = next;
        }
        return masked == null
                ? text
                : masked.append(text, copied, text.length()).toString();
    }

    /** Masks what follows the colon in segments {@code name:word} of URLs' paths, and the segment after one that is a user's name. */
    private static String maskPathSegments(String text) {
        StringBuilder masked = null;
        int copied = 0;
        for (int separator = text.indexOf("://"); separator >= 0; separator = text.indexOf("://", separator + 3)) {
            int end = separator + 3;
            while (end < text.length() && !isEndOfPath(text.charAt(end))) {
                end++;
            }
            int slash = text.indexOf('/', separator + 3);
            boolean afterUser = false;
            while (slash >= 0 && slash < end) {
                int next = text.indexOf('/', slash + 1);
                int segmentEnd = next < 0 || next > end ? end : next;
                String segment = text.substring(slash + 1, segmentEnd);
                boolean isPassword = afterUser
                        && !segment.isEmpty()
                        && !ORDINARY_SEGMENT.matcher(segment).matches();
                if (isPassword || SEGMENT.matcher(segment).matches()) {
                    masked = masked == null ? new StringBuilder(text.length()) : masked;
                    masked.append(text, copied, slash + 1 + (isPassword ? 0 : segment.indexOf(':') + 1))
                            .append(MASK);
                    copied = segmentEnd;
                }
                afterUser = !isPassword && USER_SEGMENT.matcher(segment).matches();
                slash = next;
            }
        }
        return masked == null
                ? text
                : masked.append(text, copied, text.length()).toString();
    }

    private static boolean isEndOfPath(char c) {
        return Character.isWhitespace(c) || c == '?' || c == '#' || c == '"' || c == '\'' || c == '<' || c == '>';
    }

    private static int lastAtSign(String text, int start, int limit) {
        int at = -1;
        boolean colon = false;
        boolean slashAfterPort = false;
        boolean beyond = false;
        for (int i = start; i < limit; i++) {
            char c = text.charAt(i);
            if (c == '\n' || c == '\r') {
                break;
            }
            if (c == '@') {
                at = i;
            } else if (c == ':' && at < 0) {
                colon = true;
            } else if (c == '/' && at < 0) {
                slashAfterPort = true;
            } else if ((Character.isWhitespace(c) || c == '"' || c == '\'' || c == '<' || c == '>') && !beyond) {
                boolean mayBePassword = at < 0 && colon && !slashAfterPort;
                if (!mayBePassword) {
                    break;
                }
                beyond = true;
            }
        }
        return at;
    }
}
