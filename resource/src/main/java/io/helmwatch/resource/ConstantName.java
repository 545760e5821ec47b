package io.helmwatch.resource;

import java.util.Locale;

/** How the constants of enumerations are written in configuration, events, metrics and the API. Threading: any thread. */
public final class ConstantName {
    private ConstantName() {}

    /** Lower case, with dashes instead of underscores: {@code KEY_FRAMES} is {@code key-frames}. */
    public static String of(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
