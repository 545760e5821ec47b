package io.helmwatch.config.schema;

/**
 * What a section may hold under one name.
 *
 * @param <R> the record of the section
 */
public sealed interface Entry<R> permits Key, NestedSection, SectionList, FreeKeys, RefusedKey {

    /** The name in the file, in kebab-case. */
    String name();

    /** What it means: a noun phrase, without its values and default. */
    String description();
}
