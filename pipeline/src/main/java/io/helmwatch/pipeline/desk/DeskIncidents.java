package io.helmwatch.pipeline.desk;

import io.helmwatch.config.incident.IncidentsConfig;
import io.helmwatch.resource.ConstantName;
import io.helmwatch.sinks.history.IncidentHistory;
import io.helmwatch.sinks.history.IncidentQuery;
import io.helmwatch.sinks.history.RecordedIncident;
import io.helmwatch.sinks.sqlite.SqliteException;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Incident.EndReason;
import io.helmwatch.vision.Incident.Kind;
import io.helmwatch.web.Incidents;
import io.helmwatch.web.RefusedException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The history of incidents for the page and its API.
 *
 * <p>Threading: any thread. Ownership: the history belongs to the caller.
 */
final class DeskIncidents implements Incidents {
    private static final String OPEN = "open";
    private static final String ENDED = "ended";

    private final IncidentHistory history;
    private final DeskEvidence files;
    private final String headLabel;
    private final Runnable changed;

    /**
     * The incidents of a history.
     *
     * @param files their images and videos
     * @param config labels of heads
     * @param changed called after an acknowledgement was given or taken back
     */
    DeskIncidents(IncidentHistory history, DeskEvidence files, IncidentsConfig config, Runnable changed) {
        this.history = history;
        this.files = files;
        this.changed = changed;
        this.headLabel = config.tracking().bareHeadLabels().stream().findFirst().orElse("head");
    }

    @Override
    public Page search(Query query) {
        int limit = Math.max(1, Math.min(MAX_LIMIT, query.limit()));
        List<RecordedIncident> found = answer(() -> history.search(new IncidentQuery(
                millis(query.from()),
                millis(query.to()),
                query.stream(),
                query.zone(),
                query.rule(),
                IncidentQuery.State.valueOf(query.state().name()),
                limit + 1,
                cursor(query.cursor()))));
        boolean hasMore = found.size() > limit;
        List<RecordedIncident> page = hasMore ? found.subList(0, limit) : found;
        return new Page(
                page.stream().map(this::incident).toList(),
                hasMore ? text(page.get(limit - 1).cursor()) : null);
    }

    private static @Nullable Long millis(@Nullable Instant instant) {
        return instant == null ? null : instant.toEpochMilli();
    }

    private static String text(IncidentQuery.Cursor cursor) {
        return cursor.startedMillis() + "-" + cursor.number();
    }

    private static IncidentQuery.@Nullable Cursor cursor(@Nullable String text) {
        if (text == null) {
            return null;
        }
        int dash = text.lastIndexOf('-');
        try {
            return new IncidentQuery.Cursor(
                    Long.parseLong(text.substring(0, Math.max(0, dash))), Long.parseLong(text.substring(dash + 1)));
        } catch (NumberFormatException e) {
            throw new RefusedException(
                    RefusedException.Kind.INVALID, "cursor: must be the 'next' of an earlier answer");
        }
    }

    @Override
    public Optional<Incident> find(String id) {
        return answer(() -> history.find(id)).map(this::incident);
    }

    @Override
    public Optional<byte[]> snapshot(String id) {
        return answer(() -> history.find(id)).flatMap(incident -> files.snapshot(incident.snapshotPath()));
    }

    @Override
    public Optional<ClipFile> clip(String id) {
        return answer(() -> history.find(id)).map(RecordedIncident::clip).flatMap(clip -> files.clip(clip.path()));
    }

    @Override
    public Optional<byte[]> clipFrames(String id) {
        return answer(() -> history.find(id))
                .map(RecordedIncident::clip)
                .flatMap(clip -> files.sidecar(clip.sidecar()));
    }

    @Override
    public Incident acknowledge(String id, String by, String note) {
        RecordedIncident.Acknowledgement acknowledgement =
                new RecordedIncident.Acknowledgement(System.currentTimeMillis(), by, note);
        return change(id, acknowledgement);
    }

    @Override
    public Incident withdrawAcknowledgement(String id) {
        return change(id, null);
    }

    private Incident change(String id, RecordedIncident.@Nullable Acknowledgement acknowledgement) {
        boolean isKnown = answer(() -> history.acknowledge(id, acknowledgement));
        changed.run();
        return find(isKnown ? id : "").orElseThrow(() -> RefusedException.notFound("there is no incident " + id));
    }

    private static <T> T answer(Supplier<T> work) {
        try {
            return work.get();
        } catch (SqliteException e) {
            throw RefusedException.unavailable(String.valueOf(e.getMessage()));
        }
    }

    private Incident incident(RecordedIncident recorded) {
        EndReason endReason = recorded.endReason();
        boolean isOpen = endReason == null;
        long untilMillis = isOpen ? Math.max(recorded.lastMillis(), System.currentTimeMillis()) : recorded.lastMillis();
        RecordedIncident.Acknowledgement acknowledgement = recorded.acknowledgement();
        String label = recorded.kind() == Kind.NO_HELMET ? headLabel : "person";
        return new Incident(
                recorded.id(),
                recorded.stream(),
                recorded.rule(),
                ConstantName.of(recorded.kind()),
                recorded.zone(),
                recorded.zonePolygon().stream()
                        .map(corner -> new Point(corner.x(), corner.y()))
                        .toList(),
                isOpen ? OPEN : ENDED,
                Instant.ofEpochMilli(recorded.startedMillis()),
                isOpen ? null : Instant.ofEpochMilli(recorded.lastMillis()),
                endReason == null ? null : ConstantName.of(endReason),
                Math.max(0, untilMillis - recorded.startedMillis()) / 1_000.0,
                rounded(recorded.peakConfidence()),
                recorded.people(),
                recorded.track(),
                acknowledgement == null
                        ? null
                        : new Acknowledgement(
                                Instant.ofEpochMilli(acknowledgement.atMillis()),
                                acknowledgement.by(),
                                acknowledgement.note()),
                recorded.snapshotPath() != null,
                recorded.size().width(),
                recorded.size().height(),
                recorded.positions().stream()
                        .map(position -> new Box(
                                Instant.ofEpochMilli(position.atMillis()),
                                corners(position.sourceBox()),
                                rounded(recorded.peakConfidence()),
                                label))
                        .toList(),
                clip(recorded.clip()),
                recorded.node(),
                recorded.isSuperseded());
    }

    private static @Nullable Clip clip(RecordedIncident.@Nullable Clip stored) {
        return stored == null
                ? null
                : new Clip(
                        Instant.ofEpochMilli(stored.fromMillis()),
                        Instant.ofEpochMilli(stored.toMillis()),
                        stored.isMasked());
    }

    private static List<Double> corners(BoundingBox box) {
        return List.of(tenth(box.x1()), tenth(box.y1()), tenth(box.x2()), tenth(box.y2()));
    }

    private static double tenth(float value) {
        return Math.rint(value * 10.0) / 10;
    }

    private static double rounded(float confidence) {
        return Math.rint(confidence * 1_000.0) / 1_000;
    }
}
