package io.helmwatch.sinks.compliance;

import io.helmwatch.vision.ComplianceMinute;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The parts of one minute of one zone that are known, and what a message changes: the one place that knows that revisions replace, parts add, and repeats and
 * superseded counts do neither. The desk's history and the site-wide figures both count with it.
 *
 * <p>Threading: one thread.
 */
public final class MinuteParts {
    private final List<Part> parts;

    /**
     * A part.
     *
     * @param sinceMillis when its count began, milliseconds since 1970 UTC
     * @param revision its latest revision
     * @param helmet heads with a helmet
     * @param bare bare heads
     * @param uncertain heads that are neither for sure
     * @param frames analysed frames
     * @param personMillis heads times how long each frame stands for, milliseconds
     */
    public record Part(
            long sinceMillis, int revision, long helmet, long bare, long uncertain, long frames, long personMillis) {
        private static Part nothing(long sinceMillis) {
            return new Part(sinceMillis, -1, 0, 0, 0, 0, 0);
        }

        private static Part of(ComplianceMinute minute) {
            return new Part(
                    minute.countedSinceMillis(),
                    minute.revision(),
                    minute.helmet(),
                    minute.bare(),
                    minute.uncertain(),
                    minute.frames(),
                    minute.personMillis());
        }
    }

    /** The parts that are known; none for a minute that is new. */
    public MinuteParts(List<Part> known) {
        parts = new ArrayList<>(known);
    }

    /** The parts that are known. */
    public List<Part> known() {
        return List.copyOf(parts);
    }

    /** Takes a message of this minute and zone; returns what it adds to the sums of its quarter, nothing for a repeat, an older revision or superseded counts. */
    public Optional<ComplianceQuarter> put(ComplianceMinute minute) {
        if (minute.isSuperseded()) {
            return Optional.empty();
        }
        Part before = parts.stream()
                .filter(part -> part.sinceMillis() == minute.countedSinceMillis())
                .findFirst()
                .orElse(Part.nothing(minute.countedSinceMillis()));
        if (minute.revision() <= before.revision()) {
            return Optional.empty();
        }
        boolean wasAnalysed = isAnalysed();
        parts.remove(before);
        parts.add(Part.of(minute));
        return Optional.of(new ComplianceQuarter(
                minute.stream(),
                minute.zone(),
                ComplianceQuarter.startOf(minute.minuteMillis()),
                minute.helmet() - before.helmet(),
                minute.bare() - before.bare(),
                minute.uncertain() - before.uncertain(),
                minute.frames() - before.frames(),
                minute.personMillis() - before.personMillis(),
                (isAnalysed() ? 1 : 0) - (wasAnalysed ? 1 : 0)));
    }

    private boolean isAnalysed() {
        return parts.stream().anyMatch(part -> part.frames() > 0);
    }
}
