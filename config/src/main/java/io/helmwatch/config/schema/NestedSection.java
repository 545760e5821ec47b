package io.helmwatch.config.schema;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A section within a section.
 *
 * @param name its key
 * @param spec what it holds
 * @param getter its record in that of the outer section; null where the section is absent
 * @param absentMeaning what holds without it, as a phrase; empty where its keys have their defaults then
 * @param isSecret whether problems leave its values out
 * @param isExampleActive whether the example has it in force; else it is commented out there
 * @param <R> the record of the outer section
 * @param <S> the record of this section
 */
public record NestedSection<R, S>(
        String name,
        SectionSpec<S> spec,
        Function<R, @Nullable S> getter,
        String absentMeaning,
        boolean isSecret,
        boolean isExampleActive)
        implements Entry<R> {

    /** A section whose keys have their defaults where it is absent. */
    public static <R, S> NestedSection<R, S> of(String name, SectionSpec<S> spec, Function<R, @Nullable S> getter) {
        return new NestedSection<>(name, spec, getter, "", false, true);
    }

    /** A section that may be absent. */
    public static <R, S> NestedSection<R, S> optional(
            String name, SectionSpec<S> spec, Function<R, @Nullable S> getter, String absentMeaning) {
        return new NestedSection<>(name, spec, getter, absentMeaning, false, true);
    }

    /** The same section, whose values problems leave out. */
    public NestedSection<R, S> secret() {
        return new NestedSection<>(name, spec, getter, absentMeaning, true, isExampleActive);
    }

    /** The same section, commented out in the example: it excludes another. */
    public NestedSection<R, S> exampleCommentedOut() {
        return new NestedSection<>(name, spec, getter, absentMeaning, isSecret, false);
    }

    @Override
    public String description() {
        return spec.description();
    }
}
