package io.helmwatch.config.schema;

import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A list of sections.
 *
 * @param name its key
 * @param spec what an item holds
 * @param getter the items in the record of the outer section
 * @param absentMeaning what holds without it, as a phrase; {@code required} where it must be given
 * @param furtherExamples values of a second and further item in the example, by key; {@code #} in front comments a value out
 * @param <R> the record of the outer section
 * @param <S> the record of an item
 */
public record SectionList<R, S>(
        String name,
        SectionSpec<S> spec,
        Function<R, List<S>> getter,
        String absentMeaning,
        List<Map<String, String>> furtherExamples)
        implements Entry<R> {

    /** A list with one item in the example. */
    public static <R, S> SectionList<R, S> of(
            String name, SectionSpec<S> spec, Function<R, List<S>> getter, String absentMeaning) {
        return new SectionList<>(name, spec, getter, absentMeaning, List.of());
    }

    /** The same list with a further item in the example. */
    public SectionList<R, S> furtherExample(Map<String, String> values) {
        return new SectionList<>(name, spec, getter, absentMeaning, List.of(values));
    }

    @Override
    public String description() {
        return spec.description();
    }
}
