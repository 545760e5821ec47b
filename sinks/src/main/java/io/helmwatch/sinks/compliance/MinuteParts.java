package io.helmwatch.sinks.compliance;

import io.helmwatch.vision.ComplianceMinute;
import io.helmwatch.vision.HeadCounts;
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
     * @param counts the heads of this revision
     */
    public record Part(long sinceMillis, int revision, HeadCounts counts) {}

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
                .orElse(new Part(minute.countedSinceMillis(), -1, HeadCounts.NONE));
        if (minute.revision() <= before.revision()) {
            return Optional.empty();
        }
        boolean wasAnalysed = isAnalysed();
        parts.remove(before);
        parts.add(new Part(minute.countedSinceMillis(), minute.revision(), minute.counts()));
        return Optional.of(new ComplianceQuarter(
                minute.stream(),
                minute.zone(),
                ComplianceQuarter.startOf(minute.minuteMillis()),
                minute.counts().minus(before.counts()),
                (isAnalysed() ? 1 : 0) - (wasAnalysed ? 1 : 0)));
    }

    private boolean isAnalysed() {
        return parts.stream().anyMatch(part -> part.counts().frames() > 0);
    }
}
