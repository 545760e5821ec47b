package io.helmwatch.sinks.compliance;

import io.helmwatch.sinks.sqlite.SqliteException;
import io.helmwatch.vision.ComplianceMinute;
import java.util.Collection;

/**
 * Keeps counts of observed heads. A revision replaces the earlier one of the same {@linkplain ComplianceMinute#key() key}; counts that are
 * stored twice count once.
 *
 * <p>Threading: any thread.
 */
public interface ComplianceStore {

    /**
     * Stores counts, all or none.
     *
     * @return number of counts that were refused because the store is full
     * @throws SqliteException when nothing was stored, in one sentence
     */
    int store(Collection<ComplianceMinute> minutes);
}
