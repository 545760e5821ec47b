package io.helmwatch.config.stream;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The shape of a pixel (sample aspect ratio).
 *
 * @param width 1..10000
 * @param height 1..10000
 */
public record PixelAspect(int width, int height) {
    /** What a value must be, for a sentence. */
    public static final String RULE = "must be width:height of a pixel, such as 2:1 or 16:11, from 1:8 to 8:1";

    private static final Pattern FORM = Pattern.compile("(\\d{1,5})\\s*[:/]\\s*(\\d{1,5})");

    /** Refuses what no recorder has. */
    public PixelAspect {
        if (!isPossible(width, height)) {
            throw new IllegalArgumentException("pixel aspect " + width + ":" + height + ": " + RULE);
        }
    }

    /** Width divided by height. */
    public double ratio() {
        return (double) width / height;
    }

    /** Reads {@code width:height}; null where the text is something else. */
    public static @Nullable PixelAspect parse(String text) {
        Matcher matcher = FORM.matcher(text.strip());
        if (!matcher.matches()) {
            return null;
        }
        int width = Integer.parseInt(matcher.group(1));
        int height = Integer.parseInt(matcher.group(2));
        return isPossible(width, height) ? new PixelAspect(width, height) : null;
    }

    private static boolean isPossible(int width, int height) {
        return width >= 1
                && height >= 1
                && width <= 10_000
                && height <= 10_000
                && width <= 8 * height
                && height <= 8 * width;
    }

    /** As the configuration writes it. */
    @Override
    public String toString() {
        return width + ":" + height;
    }
}
