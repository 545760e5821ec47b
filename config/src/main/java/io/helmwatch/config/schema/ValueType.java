package io.helmwatch.config.schema;

import org.jspecify.annotations.Nullable;

/**
 * How values of a key are read, checked and written.
 *
 * @param <T> the value
 */
public interface ValueType<T> {

    /** The value; null, with a problem reported, where the file holds something else. */
    @Nullable
    T read(Value value);

    /** The value as YAML that {@link #read} reads as the same value. */
    String format(T value);

    /** Which values there are, as a phrase: {@code 0 to 1}, {@code duration, 1ms to 1d}; choices in backquotes. */
    String values();
}
