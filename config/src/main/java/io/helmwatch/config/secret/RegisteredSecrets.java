package io.helmwatch.config.secret;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The secrets that the process knows, in every form in which they may stand in text. They are kept until the process ends.
 *
 * <p>Threading: any thread; {@link #mask} takes no lock.
 */
final class RegisteredSecrets {
    /** Secrets shorter than this are not masked in free text. */
    private static final int MIN_SECRET_LENGTH = 4;

    private static final Object REGISTERING = new Object();
    /** Every form of every registered secret, longest first, so that a form that contains another is masked as a whole. */
    private static volatile String[] needles = {};

    private RegisteredSecrets() {}

    /** Adds a secret as it is, percent-encoded and escaped as in JSON; forms of fewer than four characters are left out. */
    static void add(String value) {
        add(Stream.of(
                value,
                UserInfo.percentEncode(value),
                lowerHex(UserInfo.percentEncode(value)),
                UserInfo.percentEncode(value).replace("%20", "+"),
                jsonEscape(value)));
    }

    /** Adds the pair of a user and a password as HTTP's basic authentication writes it. */
    static void addBasicAuthentication(String username, String password) {
        byte[] pair = (username + ":" + password).getBytes(StandardCharsets.UTF_8);
        add(Stream.of(Base64.getEncoder().encodeToString(pair)));
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

    /** The text with every registered secret in it masked; the same object where there is none. */
    static String mask(String text) {
        String result = text;
        for (String needle : needles) {
            if (result.contains(needle)) {
                result = needle.length() < Redaction.SAFE_SECRET_LENGTH
                        ? maskWord(result, needle)
                        : result.replace(needle, Redaction.MASK);
            }
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
                masked.append(text, copied, at).append(Redaction.MASK);
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
