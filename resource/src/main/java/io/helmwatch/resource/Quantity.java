package io.helmwatch.resource;

/**
 * Numbers of things as logs, errors and commands write them: 1 stream, 2 streams.
 *
 * <p>Threading: any; without state.
 */
public final class Quantity {
    private Quantity() {}

    /** A number with its noun, whose plural ends in s. */
    public static String of(long number, String noun) {
        return of(number, noun, noun + "s");
    }

    /** A number with its noun; 0 takes the plural. */
    public static String of(long number, String one, String several) {
        return number + " " + (number == 1 ? one : several);
    }
}
