package io.helmwatch.pipeline.service.incident;

import io.helmwatch.vision.Incident;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Numbers the messages of incidents whose clip is being recorded: the message about the clip comes in between those of the rules, or after them.
 *
 * <p>Threading: one thread at a time.
 */
final class IncidentMessages {
    private final Map<String, Recorded> recorded = new HashMap<>();

    /** An incident that has a clip, or had one before it ended. */
    private static final class Recorded {
        private Incident last;
        /** Messages beside those of the rules. */
        private int inserted;

        private boolean isPending = true;

        Recorded(Incident start) {
            last = start;
        }
    }

    /**
     * The next message of the rules with its number.
     *
     * @param hasClip whether a clip was started with it
     */
    Incident next(Incident decided, boolean hasClip) {
        if (hasClip) {
            recorded.put(decided.id(), new Recorded(decided));
        }
        Recorded known = recorded.get(decided.id());
        if (known == null) {
            return decided;
        }
        Incident numbered = known.inserted == 0 ? decided : decided.withRevision(decided.revision() + known.inserted);
        known.last = numbered;
        forget(known);
        return numbered;
    }

    /** The message that the clip of an incident is stored; null where there is nothing to say. */
    @Nullable
    Incident evidence(String id, Incident.@Nullable Clip clip) {
        Recorded known = recorded.get(id);
        if (known == null) {
            return null;
        }
        known.isPending = false;
        Incident evidence = null;
        if (clip != null) {
            evidence = known.last.evidence(clip);
            known.last = evidence;
            known.inserted++;
        }
        forget(known);
        return evidence;
    }

    private void forget(Recorded known) {
        if (known.last.hasEnded() && !known.isPending) {
            recorded.remove(known.last.id());
        }
    }
}
