package io.helmwatch.config.sink;

import org.jspecify.annotations.Nullable;

/**
 * The JSON-lines sink.
 *
 * @param target a file, {@code -} for standard output; null disables the sink
 */
public record JsonLinesConfig(@Nullable String target) {

    /** Disabled. */
    public static final JsonLinesConfig DEFAULT = new JsonLinesConfig(null);
}
