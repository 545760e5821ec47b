package io.helmwatch.config.schema;

/**
 * A key that people write and that must not be in a file; the documents leave it out. Requests may have it.
 *
 * @param name its name
 * @param rule why, and what to write instead
 * @param <R> the record of the section
 */
public record RefusedKey<R>(String name, String rule) implements Entry<R> {
    @Override
    public String description() {
        return rule;
    }
}
