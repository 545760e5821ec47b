package io.helmwatch.cluster;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What was last said of each incident's acknowledgement, as the topic has it, and what of that has not been looked at yet. What is not a message of it
 * is ignored.
 *
 * <p>Memory: the latest 100,000 incidents of which something was said.
 *
 * <p>Threading: any thread.
 */
public final class AcknowledgementTable {
    private static final int MOST = 100_000;

    private final Map<String, Acknowledgement> last = new LinkedHashMap<>();
    private final Set<String> changed = new TreeSet<>();

    /**
     * What a message changed.
     *
     * @param before what was known of the incident; null where that was nothing
     */
    public record Change(@Nullable Acknowledgement before, Acknowledgement said) {
        /** Whether somebody else had acknowledged the incident, and nobody took that back. */
        public boolean isConflict() {
            return before != null
                    && !before.isWithdrawn()
                    && !said.isWithdrawn()
                    && !(before.by().equals(said.by()) && before.node().equals(said.node()));
        }
    }

    /**
     * A message of the topic.
     *
     * @param message null where nothing is known of the incident any more
     * @return what it changed; empty if nothing
     */
    public synchronized Optional<Change> put(String incident, byte @Nullable [] message) {
        Optional<Acknowledgement> said = message == null ? Optional.empty() : Acknowledgement.read(message);
        if (said.isEmpty() || !said.get().incident().equals(incident)) {
            return Optional.empty();
        }
        Acknowledgement before = last.remove(incident);
        last.put(incident, said.get());
        boolean isNew = !said.get().equals(before);
        if (isNew) {
            changed.add(incident);
        }
        if (last.size() > MOST) {
            String oldest = last.keySet().iterator().next();
            last.remove(oldest);
            changed.remove(oldest);
        }
        return isNew ? Optional.of(new Change(before, said.get())) : Optional.empty();
    }

    /** Whether an incident is acknowledged. */
    public synchronized boolean isAcknowledged(String incident) {
        Acknowledgement said = last.get(incident);
        return said != null && !said.isWithdrawn();
    }

    /** What changed since the last call. */
    public synchronized List<Acknowledgement> takeChanged() {
        List<Acknowledgement> all = new ArrayList<>();
        for (String incident : changed) {
            Acknowledgement said = last.get(incident);
            if (said != null) {
                all.add(said);
            }
        }
        changed.clear();
        return all;
    }

    /** Notes that these have to be looked at again. */
    public synchronized void putBack(List<Acknowledgement> all) {
        all.forEach(said -> changed.add(said.incident()));
    }
}
