package io.helmwatch.inference;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the literals that exporters put into ONNX metadata: JSON, and Python's {@code str()} of dictionaries, lists, tuples,
 * texts and numbers. Yields {@code Map<Object, Object>}, {@code List<Object>}, {@code String}, {@code Double}, {@code Boolean}
 * or, for {@code None} and {@code null}, an empty text.
 */
final class MetadataLiteral {

    private static final int MAX_DEPTH = 16;

    private final String text;
    private int at;

    private MetadataLiteral(String text) {
        this.text = text;
    }

    /**
     * Reads a whole text.
     *
     * @throws IllegalArgumentException when it is not one literal
     */
    static Object parse(String text) {
        MetadataLiteral literal = new MetadataLiteral(text);
        Object value = literal.value(0);
        literal.skipBlanks();
        if (literal.at != text.length()) {
            throw literal.unexpected("the end");
        }
        return value;
    }

    private Object value(int depth) {
        if (depth > MAX_DEPTH) {
            throw new IllegalArgumentException("nested deeper than " + MAX_DEPTH);
        }
        skipBlanks();
        char first = peek();
        return switch (first) {
            case '{' -> map(depth);
            case '[' -> list(']', depth);
            case '(' -> list(')', depth);
            case '\'', '"' -> quoted();
            default -> word();
        };
    }

    private Map<Object, Object> map(int depth) {
        Map<Object, Object> map = new LinkedHashMap<>();
        at++;
        skipBlanks();
        while (peek() != '}') {
            Object key = value(depth + 1);
            skipBlanks();
            take(':');
            map.put(key, value(depth + 1));
            separator('}');
        }
        at++;
        return map;
    }

    private List<Object> list(char end, int depth) {
        List<Object> list = new ArrayList<>();
        at++;
        skipBlanks();
        while (peek() != end) {
            list.add(value(depth + 1));
            separator(end);
        }
        at++;
        return list;
    }

    private void separator(char end) {
        skipBlanks();
        if (peek() != end) {
            take(',');
            skipBlanks();
        }
    }

    private String quoted() {
        char quote = text.charAt(at++);
        StringBuilder value = new StringBuilder();
        while (peek() != quote) {
            char c = text.charAt(at++);
            value.append(c == '\\' ? escape() : String.valueOf(c));
        }
        at++;
        return value.toString();
    }

    private String escape() {
        char kind = peek();
        at++;
        return switch (kind) {
            case 'n' -> "\n";
            case 't' -> "\t";
            case 'r' -> "\r";
            case 'x' -> codePoint(2);
            case 'u' -> codePoint(4);
            case 'U' -> codePoint(8);
            default -> String.valueOf(kind);
        };
    }

    private String codePoint(int digits) {
        if (at + digits > text.length()) {
            throw unexpected(digits + " hexadecimal digits");
        }
        try {
            int code = Integer.parseInt(text.substring(at, at + digits), 16);
            at += digits;
            return digits == 4 ? String.valueOf((char) code) : Character.toString(code);
        } catch (IllegalArgumentException e) {
            throw unexpected(digits + " hexadecimal digits");
        }
    }

    private Object word() {
        int start = at;
        while (at < text.length() && " \t\r\n,:]})".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        String word = text.substring(start, at);
        switch (word) {
            case "None", "null":
                return "";
            case "True", "true":
                return true;
            case "False", "false":
                return false;
            default:
                try {
                    return Double.valueOf(word);
                } catch (NumberFormatException e) {
                    at = start;
                    throw unexpected("a value");
                }
        }
    }

    private void skipBlanks() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }

    private char peek() {
        if (at >= text.length()) {
            throw new IllegalArgumentException("ends in the middle");
        }
        return text.charAt(at);
    }

    private void take(char expected) {
        if (peek() != expected) {
            throw unexpected("'" + expected + "'");
        }
        at++;
    }

    private IllegalArgumentException unexpected(String expected) {
        return new IllegalArgumentException("expected " + expected + " at character " + (at + 1));
    }
}
