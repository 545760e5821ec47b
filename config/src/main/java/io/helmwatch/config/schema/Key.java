package io.helmwatch.config.schema;

import io.helmwatch.config.secret.Redaction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A key with a value: declared once, and from the declaration read, checked, shown and documented. Immutable.
 *
 * @param <R> the record of the section
 * @param <T> the value
 */
public final class Key<R, T> implements Entry<R> {
    /** How a secret value shows, as a YAML scalar. */
    static final String MASKED = "'" + Redaction.MASK + "'";

    private final String name;
    private final ValueType<T> type;
    private final @Nullable T byDefault;
    private final Function<R, @Nullable T> getter;
    private final String description;
    private final String defaultMeaning;
    private final @Nullable String missing;
    private final boolean isSecret;
    private final Example example;

    /** What the commented example writes. */
    private record Example(@Nullable String text, boolean isActive, boolean isInFirstItem) {
        private static final Example NONE = new Example(null, true, true);
    }

    private Key(
            String name,
            ValueType<T> type,
            @Nullable T byDefault,
            Function<R, @Nullable T> getter,
            String description,
            String defaultMeaning,
            @Nullable String missing,
            boolean isSecret,
            Example example) {
        this.name = name;
        this.type = type;
        this.byDefault = byDefault;
        this.getter = getter;
        this.description = description;
        this.defaultMeaning = defaultMeaning;
        this.missing = missing;
        this.isSecret = isSecret;
        this.example = example;
    }

    /** A key with a default. */
    public static <R, T> Key<R, T> of(
            String name, ValueType<T> type, T byDefault, Function<R, T> getter, String description) {
        return new Key<>(name, type, byDefault, getter::apply, description, "", null, false, Example.NONE);
    }

    /**
     * A key without a default value.
     *
     * @param defaultMeaning what holds without it, as a phrase: {@code the model's own}
     */
    public static <R, T> Key<R, T> optional(
            String name,
            ValueType<T> type,
            Function<R, @Nullable T> getter,
            String defaultMeaning,
            String description) {
        return new Key<>(name, type, null, getter, description, defaultMeaning, null, false, Example.NONE);
    }

    /**
     * A key that must be given.
     *
     * @param missing what is expected where it is not, as a phrase: {@code a name such as gate-3}
     */
    public static <R, T> Key<R, T> required(
            String name, ValueType<T> type, Function<R, T> getter, String missing, String description) {
        return new Key<>(name, type, null, getter::apply, description, "", missing, false, Example.NONE);
    }

    /** The same key; the phrase says what its default means: {@code measured and chosen} for 0. */
    public Key<R, T> meaning(String phrase) {
        return new Key<>(name, type, byDefault, getter, description, phrase, missing, isSecret, example);
    }

    /** The same key, whose value is shown as three stars, and not at all in problems. */
    public Key<R, T> secret() {
        return new Key<>(name, type, byDefault, getter, description, defaultMeaning, missing, true, example);
    }

    boolean isSecret() {
        return isSecret;
    }

    /** The same key, commented out in the example, with this value. */
    public Key<R, T> example(String text) {
        return with(new Example(text, false, example.isInFirstItem));
    }

    /** The same key, with this value in the example. */
    public Key<R, T> exampleInForce(String text) {
        return with(new Example(text, true, example.isInFirstItem));
    }

    /** The same key, which the first item of a list in the example does not have: it excludes others. */
    public Key<R, T> notInFirstExample() {
        return with(new Example(example.text, example.isActive, false));
    }

    private Key<R, T> with(Example other) {
        return new Key<>(name, type, byDefault, getter, description, defaultMeaning, missing, isSecret, other);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String description() {
        return description;
    }

    /** The default; null for a key without one. */
    public @Nullable T byDefault() {
        return byDefault;
    }

    ValueType<T> type() {
        return type;
    }

    String defaultMeaning() {
        return defaultMeaning;
    }

    /** What is expected where the key is missing; null for a key that may be. */
    @Nullable
    String missing() {
        return missing;
    }

    /** The default as the file would write it; null for a key without one. */
    @Nullable
    String defaultText() {
        return byDefault == null ? null : type.format(byDefault);
    }

    /** The value in force as the file would write it; null where there is none. */
    @Nullable
    String valueText(R section) {
        T value = getter.apply(section);
        if (value == null) {
            return null;
        }
        return isSecret ? MASKED : type.format(value);
    }

    /** The value in the example; null where the key is left out there. */
    @Nullable
    String exampleText() {
        return example.text == null ? defaultText() : example.text;
    }

    boolean isExampleActive() {
        return example.isActive;
    }

    boolean isInFirstExample() {
        return example.isInFirstItem;
    }
}
