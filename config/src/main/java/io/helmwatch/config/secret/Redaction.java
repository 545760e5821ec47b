package io.helmwatch.config.secret;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

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

    /** Secrets shorter than this are not masked in free text. */
    private static final int MIN_SECRET_LENGTH = 4;

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

    private static final Object REGISTERING = new Object();
    /** Every form of every registered secret, longest first, so that a form that contains another is masked as a whole. */
    private static volatile String[] needles = {};

    private Redaction() {}

    /**
     * Masks a secret from now on wherever it appears in text, in these forms: as it is, percent-encoded (also with lower-case
     * hex digits, and with a plus for a blank), escaped as in JSON. Forms of fewer than four characters are not masked.
     */
    public static void register(Secret secret) {
        String value = secret.reveal();
        add(Stream.of(
                value,
                UserInfo.percentEncode(value),
                lowerHex(UserInfo.percentEncode(value)),
                UserInfo.percentEncode(value).replace("%20", "+"),
                jsonEscape(value)));
    }

    /** Masks a user's password, and the pair as HTTP's basic authentication writes it. */
    public static void register(String username, Secret password) {
        register(password);
        byte[] pair = (username + ":" + password.reveal()).getBytes(StandardCharsets.UTF_8);
        add(Stream.of(Base64.getEncoder().encodeToString(pair)));
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

    private static void add(Stream<String> forms) {
        synchronized (REGISTERING) {
            Set<String> all = new LinkedHashSet<>(Arrays.asList(needles));
            boolean changed = all.addAll(forms.filter(form -> form.strip().length() >= MIN_SECRET_LENGTH)
                    .toList());
            if (changed) {
                needles = all.stream()
                        .sorted(Comparator.comparingInt(String::length).reversed())
                        .toArray(String[]::new);
            }
        }
    }

    /** The text with every secret in it masked; the same object where there is none. */
    public static String redact(String text) {
        String result = text;
        for (String needle : needles) {
            if (result.contains(needle)) {
                result = needle.length() < SAFE_SECRET_LENGTH ? maskWord(result, needle) : result.replace(needle, MASK);
            }
        }
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

    private static String maskWord(String text, String word) {
        StringBuilder masked = null;
        int copied = 0;
        for (int at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
            int end = at + word.length();
            if (at >= copied && isEdge(text, at, -1) && isEdge(text, end - 1, 1)) {
                masked = masked == null ? new StringBuilder(text.length()) : masked;
                masked.append(text, copied, at).append(MASK);
                copied = end;
            }
        }
        return masked == null
                ? text
                : masked.append(text, copied, text.length()).toString();
    }

    /** Whether a word that has its first or last character there does not go on in a direction; a dot within a number or a name goes on. */
    private static boolean isEdge(String text, int at, int direction) {
        int next = at + direction;
        if (!isWordCharacter(text, at) || next < 0 || next >= text.length()) {
            return true;
        }
        return !isWordCharacter(text, next) && !(text.charAt(next) == '.' && isWordCharacter(text, next + direction));
    }

    private static boolean isWordCharacter(String text, int at) {
        if (at < 0 || at >= text.length()) {
            return false;
        }
        char c = text.charAt(at);
        return Character.isLetterOrDigit(c) || c == '_' || c == '-';
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

    private static String lowerHex(String encoded) {
        StringBuilder text = new StringBuilder(encoded);
        for (int i = 0; i + 2 < text.length(); i++) {
            if (text.charAt(i) == '%') {
                text.setCharAt(i + 1, Character.toLowerCase(text.charAt(i + 1)));
                text.setCharAt(i + 2, Character.toLowerCase(text.charAt(i + 2)));
            }
        }
        return text.toString();
    }

    private static String jsonEscape(String value) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '"', '\\' -> text.append('\\').append(c);
                case '\n' -> text.append("\\n");
                case '\r' -> text.append("\\r");
                case '\t' -> text.append("\\t");
                default -> {
                    if (c < 0x20) {
                        text.append(String.format("\\u%04x", (int) c));
                    } else {
                        text.append(c);
                    }
                }
            }
        }
        return text.toString();
    }
}
