package io.helmwatch.ingest.network;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One authentication scheme that a server offers, RFC 9110 section 11.6.1.
 *
 * @param scheme in lower case: {@code basic}, {@code digest}
 * @param parameters by name in lower case, unquoted
 */
record Challenge(String scheme, Map<String, String> parameters) {

    /** The challenges of a {@code WWW-Authenticate} header, of which one may hold several. */
    static List<Challenge> parse(String header) {
        List<Challenge> challenges = new ArrayList<>();
        Map<String, String> parameters = null;
        int at = 0;
        while (at < header.length()) {
            char c = header.charAt(at);
            if (c == ',' || Character.isWhitespace(c)) {
                at++;
                continue;
            }
            int end = at;
            while (end < header.length() && ",= \t".indexOf(header.charAt(end)) < 0) {
                end++;
            }
            String word = header.substring(at, end).toLowerCase(Locale.ROOT);
            int next = end;
            while (next < header.length() && (header.charAt(next) == ' ' || header.charAt(next) == '\t')) {
                next++;
            }
            if (next < header.length() && header.charAt(next) == '=' && parameters != null) {
                StringBuilder value = new StringBuilder();
                at = value(header, next + 1, value);
                parameters.put(word, value.toString());
            } else {
                parameters = new LinkedHashMap<>();
                challenges.add(new Challenge(word, parameters));
                at = Math.max(next, at + 1);
            }
        }
        return challenges;
    }

    /** Reads a token or quoted string; returns where it ends. */
    private static int value(String header, int from, StringBuilder value) {
        int at = from;
        while (at < header.length() && header.charAt(at) == ' ') {
            at++;
        }
        if (at < header.length() && header.charAt(at) == '"') {
            at++;
            while (at < header.length() && header.charAt(at) != '"') {
                if (header.charAt(at) == '\\' && at + 1 < header.length()) {
                    at++;
                }
                value.append(header.charAt(at++));
            }
            return Math.min(header.length(), at + 1);
        }
        while (at < header.length() && header.charAt(at) != ',' && !Character.isWhitespace(header.charAt(at))) {
            value.append(header.charAt(at++));
        }
        return at;
    }

    /** A parameter; empty where it is missing. */
    String parameter(String name) {
        return parameters.getOrDefault(name, "");
    }
}
