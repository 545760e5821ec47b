package io.helmwatch.resource;

/**
 * Characters that change how text is shown without being seen: control characters, and Unicode's embeddings, overrides and isolates of the
 * direction of text (U+202A to U+202E, U+2066 to U+2069; UAX #9), which show other words than were written.
 *
 * <p>Threading: any; without state.
 */
public final class ControlCharacters {
    private ControlCharacters() {}

    /** Whether a code point is one; tabs and ends of lines are. */
    public static boolean isControl(int codePoint) {
        return Character.isISOControl(codePoint)
                || (codePoint >= 0x202A && codePoint <= 0x202E)
                || (codePoint >= 0x2066 && codePoint <= 0x2069);
    }

    /** Text without them but with its tabs and ends of lines. */
    public static String removeFrom(String text) {
        return text.codePoints()
                .filter(codePoint -> !isControl(codePoint) || "\t\r\n".indexOf(codePoint) >= 0)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
