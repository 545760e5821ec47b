package io.helmwatch.config.schema;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a section may hold, in the order of the documents.
 *
 * @param description what the section is about: a noun phrase
 * @param entries its keys and sections
 * @param <R> the record that the section is read into
 */
public record SectionSpec<R>(String description, List<Entry<R>> entries) {

    /** Keeps its own copy of the entries. */
    public SectionSpec {
        entries = List.copyOf(entries);
    }

    /** A section with these entries. */
    @SafeVarargs
    public static <R> SectionSpec<R> of(String description, Entry<R>... entries) {
        List<Entry<R>> list = new ArrayList<>();
        for (Entry<R> entry : entries) {
            list.add(entry);
        }
        return new SectionSpec<>(description, list);
    }

    /** The same section with further entries behind its own. */
    public SectionSpec<R> with(List<Entry<R>> further) {
        List<Entry<R>> list = new ArrayList<>(entries);
        list.addAll(further);
        return new SectionSpec<>(description, list);
    }

    /** Why a key is refused; null for one that is not. */
    @Nullable
    String refused(String key) {
        for (Entry<R> entry : entries) {
            if (entry instanceof RefusedKey<R> refused && refused.name().equals(key)) {
                return refused.rule();
            }
        }
        return null;
    }

    /** Whether problems leave the value of a key out. */
    boolean isSecret(String key) {
        return entries.stream()
                .anyMatch(entry -> entry instanceof Key<R, ?> known
                        && known.isSecret()
                        && known.name().equals(key));
    }

    /** Names of the entries that may be given. */
    List<String> names() {
        return entries.stream()
                .filter(entry -> !(entry instanceof RefusedKey<R>))
                .map(Entry::name)
                .toList();
    }
}
