package io.helmwatch.config.schema;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Numbers of bytes as people write them: {@code 1000}, {@code 64KiB}, {@code 256MiB}, {@code 10GiB}. */
public final class Bytes {
    /** What a value must be, for a sentence. */
    public static final String RULE = "must be a number of bytes such as 64KiB, 256MiB or 10GiB";

    private static final Pattern SHORT = Pattern.compile("(\\d{1,15})\\s*([kmgt]i?b?)?");
    private static final String UNITS = "kmgt";

    private Bytes() {}

    /** The number, or null where the text is none; units count in steps of 1024. */
    public static @Nullable Long parse(String text) {
        Matcher matcher = SHORT.matcher(text.trim().toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            return null;
        }
        long number = Long.parseLong(matcher.group(1));
        int shift = matcher.group(2) == null
                ? 0
                : 10 * (UNITS.indexOf(matcher.group(2).charAt(0)) + 1);
        return number > Long.MAX_VALUE >> shift ? null : Long.valueOf(number << shift);
    }

    /** The shortest form that {@link #parse} reads. */
    public static String format(long bytes) {
        for (int unit = UNITS.length(); unit > 0; unit--) {
            if (bytes != 0 && bytes % (1L << (10 * unit)) == 0) {
                return (bytes >> (10 * unit)) + UNITS.substring(unit - 1, unit).toUpperCase(Locale.ROOT) + "iB";
            }
        }
        return Long.toString(bytes);
    }
}
