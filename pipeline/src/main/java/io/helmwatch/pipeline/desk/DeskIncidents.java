package io.helmwatch.pipeline.desk;

import io.helmwatch.config.incident.SnapshotConfig;
import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.sinks.history.IncidentHistory;
import io.helmwatch.sinks.history.IncidentQuery;
import io.helmwatch.sinks.history.RecordedIncident;
import io.helmwatch.sinks.sqlite.SqliteException;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Incident.EndReason;
import io.helmwatch.vision.Incident.Kind;
import io.helmwatch.web.Incidents;
import io.helmwatch.web.RefusedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
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
    private final SnapshotConfig snapshots;
    private final String headLabel;

    /**
     * The incidents of a history.
     *
     * @param snapshots where their images are
     * @param tracking labels of heads
     */
    DeskIncidents(IncidentHistory history, SnapshotConfig snapshots, TrackingConfig tracking) {
        this.history = history;
        this.snapshots = snapshots;
        this.headLabel = tracking.bareHeadLabels().stream().findFirst().orElse("head");
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
        return answer(() -> history.find(id)).flatMap(incident -> {
            String path = incident.snapshotPath();
            return path == null ? Optional.empty() : read(path);
        });
    }

    /** The file of a published path; empty where it is gone, or would lie outside the folder of snapshots. */
    private Optional<byte[]> read(String published) {
        String prefix = snapshots.urlPrefix();
        String path = prefix != null && published.startsWith(prefix) ? published.substring(prefix.length()) : published;
        try {
            Path folder = snapshots.directory().toRealPath();
            Path file = folder.resolve(path).toRealPath();
            return file.startsWith(folder) && Files.isRegularFile(file)
                    ? Optional.of(Files.readAllBytes(file))
                    : Optional.empty();
        } catch (IOException | InvalidPathException e) {
            return Optional.empty();
        }
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
                name(recorded.kind()),
                recorded.zone(),
                recorded.zonePolygon().stream()
                        .map(corner -> new Point(corner.x(), corner.y()))
                        .toList(),
                isOpen ? OPEN : ENDED,
                Instant.ofEpochMilli(recorded.startedMillis()),
                isOpen ? null : Instant.ofEpochMilli(recorded.lastMillis()),
                endReason == null ? null : name(endReason),
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
                        .toList());
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

    private static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
