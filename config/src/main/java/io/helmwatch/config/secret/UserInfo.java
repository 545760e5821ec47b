package io.helmwatch.config.secret;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The user information of a URL as people write it: characters that a URL requires percent-encoded may be there as they are.
 *
 * @param username decoded user
 * @param password decoded password; empty where there is none
 * @param urlWithout the URL without user information
 */
public record UserInfo(String username, String password, String urlWithout) {
    private static final Pattern URL = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*://)(.*)", Pattern.DOTALL);
    private static final Pattern HOST_AND_PORT = Pattern.compile("(?:[^:/?#@\\[\\]]+|\\[[^\\]]*\\])(?::\\d{0,5})?");

    /**
     * The user information of a URL. It ends at the last at-sign of the authority; where the authority is no {@code host:port} (the
     * password holds a slash, question mark or hash), at the last at-sign of the URL.
     *
     * @return null where there is none
     */
    public static @Nullable UserInfo of(String url) {
        Matcher matcher = URL.matcher(url);
        if (!matcher.matches()) {
            return null;
        }
        String rest = matcher.group(2);
        int authorityEnd = endOfAuthority(rest);
        int at = rest.lastIndexOf('@', authorityEnd - 1);
        if (at < 0) {
            if (HOST_AND_PORT.matcher(rest.substring(0, authorityEnd)).matches()) {
                return null;
            }
            at = rest.lastIndexOf('@');
            if (at < 0) {
                return null;
            }
        }
        String userInfo = rest.substring(0, at);
        int colon = userInfo.indexOf(':');
        String username = colon < 0 ? userInfo : userInfo.substring(0, colon);
        String password = colon < 0 ? "" : userInfo.substring(colon + 1);
        return new UserInfo(
                percentDecode(username), percentDecode(password), matcher.group(1) + rest.substring(at + 1));
    }

    private static int endOfAuthority(String rest) {
        for (int i = 0; i < rest.length(); i++) {
            char c = rest.charAt(i);
            if (c == '/' || c == '?' || c == '#') {
                return i;
            }
        }
        return rest.length();
    }

    /** The URL with user and password in it, percent-encoded. */
    public static String insert(String url, String username, String password) {
        int start = url.indexOf("://") + 3;
        return url.substring(0, start)
                + percentEncode(username)
                + ":"
                + percentEncode(password)
                + "@"
                + url.substring(start);
    }

    /** RFC 3986: everything but unreserved characters, as UTF-8. */
    static String percentEncode(String text) {
        StringBuilder encoded = new StringBuilder(text.length());
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            boolean unreserved = (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || c == '-'
                    || c == '.'
                    || c == '_'
                    || c == '~';
            if (unreserved) {
                encoded.append(c);
            } else {
                encoded.append('%')
                        .append(Character.toUpperCase(Character.forDigit(c >> 4, 16)))
                        .append(Character.toUpperCase(Character.forDigit(c & 15, 16)));
            }
        }
        return encoded.toString();
    }

    /** Decodes {@code %XX}; a percent sign without two hex digits, or bytes that are not UTF-8, are left unchanged. */
    static String percentDecode(String text) {
        if (text.indexOf('%') < 0) {
            return text;
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream decoded = new ByteArrayOutputStream(bytes.length);
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '%' && i + 2 < bytes.length) {
                int high = Character.digit(bytes[i + 1], 16);
                int low = Character.digit(bytes[i + 2], 16);
                if (high >= 0 && low >= 0) {
                    decoded.write(high << 4 | low);
                    i += 2;
                    continue;
                }
            }
            decoded.write(bytes[i]);
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(decoded.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            return text;
        }
    }
}
