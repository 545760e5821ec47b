package io.helmwatch.config.inference;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Size of a model's input, for models whose height and width are dynamic.
 *
 * @param mode whether the size depends on the frame
 * @param width columns of a fixed input, else 0
 * @param height rows of a fixed input, else 0
 */
public record InputSize(Mode mode, int width, int height) {

    /** The shape of the frame. */
    public static final InputSize FIT = new InputSize(Mode.FIT, 0, 0);

    /** A square, whatever the frame. */
    public static final InputSize SQUARE = new InputSize(Mode.SQUARE, 0, 0);

    private static final Pattern SIDES = Pattern.compile("([1-9]\\d{0,4})x([1-9]\\d{0,4})");

    /** Whether the size depends on the frame. */
    public enum Mode {
        /** The shape of the frame, rounded up to the model's stride. */
        FIT,
        /** A square. */
        SQUARE,
        /** Width and height as configured. */
        FIXED
    }

    /** Reads {@code fit}, {@code square} or {@code WIDTHxHEIGHT}; null for other texts. */
    public static @Nullable InputSize parse(String text) {
        String value = text.strip().toLowerCase(Locale.ROOT);
        Matcher sides = SIDES.matcher(value);
        if (sides.matches()) {
            return new InputSize(Mode.FIXED, Integer.parseInt(sides.group(1)), Integer.parseInt(sides.group(2)));
        }
        return switch (value) {
            case "fit" -> FIT;
            case "square" -> SQUARE;
            default -> null;
        };
    }

    /** The value as in the configuration and on the command line. */
    @Override
    public String toString() {
        return mode == Mode.FIXED ? width + "x" + height : mode.name().toLowerCase(Locale.ROOT);
    }
}
