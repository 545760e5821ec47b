package io.helmwatch.config.schema;

import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A section whose keys are not declared here, with single values that are never shown.
 *
 * @param name its key
 * @param description what it means
 * @param getter the names that are given, in the record of the outer section; null where other keys show them
 * @param example lines of the example
 * @param <R> the record of the outer section
 */
public record FreeKeys<R>(
        String name, String description, @Nullable Function<R, Set<String>> getter, List<String> example)
        implements Entry<R> {}
