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
     * A message of the topic.
     *
     * @param message null where nothing is known of the incident any more
     */
    public synchronized void put(String incident, byte @Nullable [] message) {
        Optional<Acknowledgement> said = message == null ? Optional.empty() : Acknowledgement.read(message);
        if (said.isEmpty() || !said.get().incident().equals(incident)) {
            return;
        }
        Acknowledgement before = last.remove(incident);
        last.put(incident, said.get());
        if (!said.get().equals(before)) {
            changed.add(incident);
        }
        if (last.size() > MOST) {
            String oldest = last.keySet().iterator().next();
            last.remove(oldest);
            changed.remove(oldest);
        }
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
