package io.helmwatch.sinks.history;

import io.helmwatch.config.http.DeskConfig;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.compliance.ComplianceQuarter;
import io.helmwatch.sinks.compliance.ComplianceQuarters;
import io.helmwatch.sinks.compliance.ComplianceStore;
import io.helmwatch.sinks.sqlite.SqliteException;
import io.helmwatch.sinks.sqlite.SqliteFile;
import io.helmwatch.vision.ComplianceMinute;
import io.helmwatch.vision.Incident;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Incidents and counts of observed heads on disk, with searches and acknowledgements. One SQLite file, independent of the broker and of the
 * spool.
 *
 * <p>Durability: what was recorded survives the death of the process; a power cut may lose the latest messages. An incident that was open
 * when the process died counts as ended, with the reason {@code interrupted}, when the file is next opened.
 *
 * <p>Retention: {@link DeskConfig#keep} from the last observation of an incident on; beyond {@link DeskConfig#maxBytes} the oldest incidents are
 * deleted, acknowledged or not.
 *
 * <p>Threading: any thread; calls are serialised and do not take long. Ownership: one process.
 */
public final class IncidentHistory implements ComplianceStore, ComplianceQuarters, AutoCloseable {
    private static final String RECORD =
            "insert into incident(id, stream, rule, kind, zone, polygon, started_millis, last_millis, end_reason, people, track,"
                    + " peak, width, height, snapshot) values(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
                    + " on conflict(id) do update set last_millis=max(last_millis, excluded.last_millis),"
                    + " end_reason=coalesce(excluded.end_reason, end_reason), people=excluded.people, track=excluded.track,"
                    + " peak=max(peak, excluded.peak), snapshot=coalesce(snapshot, excluded.snapshot)";
    private static final String REMOVE_POSITIONS =
            "delete from position where incident=(select number from incident where id=?)";
    private static final String REMOVE = "delete from incident where id=?";
    private static final String ADD_POSITIONS = "insert or ignore into position(incident, revision, value)"
            + " select number, ?, ? from incident where id=?";

    private static final String ADD_CLIP =
            "insert or replace into clip(incident, path, sidecar, from_millis, to_millis, masked)"
                    + " select number, ?, ?, ?, ?, ? from incident where id=?";

    /** Incidents that are deleted at a time. */
    private static final int DELETED_AT_ONCE = 500;

    /** Fraction of the size limit down to which incidents are deleted. */
    private static final double SIZE_TARGET = 0.95;

    private final DeskConfig config;
    private final Clock clock;
    private final SqliteFile file;
    private boolean closed;

    /**
     * Opens the history, created when missing.
     *
     * @throws SqliteException when it cannot be used, in one sentence
     */
    public IncidentHistory(DeskConfig config, Clock clock) {
        this(config, clock, false);
    }

    private IncidentHistory(DeskConfig config, Clock clock, boolean isCopy) {
        this.config = config;
        this.clock = clock;
        try (Closer opened = new Closer()) {
            file = opened.register(new SqliteFile(HistoryTables.in(config.directory()), clock.millis()));
            if (!isCopy) {
                run(
                        "cannot be opened",
                        () -> file.execute("update incident set end_reason='" + Incident.EndReason.INTERRUPTED
                                + "' where end_reason is null"));
            }
            opened.transfer();
        }
    }

    /** Opens a copy of a history that a service uses: incidents that are open stay so. */
    static IncidentHistory ofCopy(DeskConfig config, Clock clock) {
        return new IncidentHistory(config, clock, true);
    }

    /**
     * Records messages about incidents, in one transaction. A message that is known already changes nothing.
     *
     * @throws SqliteException when nothing was recorded
     */
    public synchronized void record(Collection<Incident> messages) {
        run(
                "cannot be written",
                () -> file.transaction(() -> {
                    try (PreparedStatement record = file.prepare(RECORD);
                            PreparedStatement positions = file.prepare(ADD_POSITIONS);
                            PreparedStatement clips = file.prepare(ADD_CLIP)) {
                        for (Incident incident : messages) {
                            record(incident, record, positions);
                            recordClip(incident, clips);
                        }
                    }
                }));
    }

    /** Removes an incident, if it is there. */
    synchronized void remove(String incident) {
        run(
                "cannot be written",
                () -> file.transaction(() -> {
                    try (PreparedStatement positions = file.prepare(REMOVE_POSITIONS);
                            PreparedStatement removed = file.prepare(REMOVE)) {
                        HistoryTables.set(positions, incident);
                        positions.executeUpdate();
                        HistoryTables.set(removed, incident);
                        removed.executeUpdate();
                    }
                }));
    }

    private static void record(Incident incident, PreparedStatement record, PreparedStatement positions)
            throws SQLException {
        Incident.EndReason endReason = incident.endReason();
        Incident.Snapshot snapshot = incident.snapshot();
        HistoryTables.set(
                record,
                incident.id(),
                incident.stream(),
                incident.rule(),
                incident.kind().name(),
                incident.zone(),
                HistoryTables.text(incident.zonePolygon()),
                incident.startedAtMillis(),
                incident.lastAtMillis(),
                endReason == null ? null : endReason.name(),
                incident.people(),
                incident.track(),
                incident.peakConfidence(),
                incident.size().width(),
                incident.size().height(),
                snapshot == null ? null : snapshot.path());
        record.executeUpdate();
        if (!incident.positions().isEmpty()) {
            HistoryTables.set(positions, incident.revision(), PositionBytes.write(incident.positions()), incident.id());
            positions.executeUpdate();
        }
    }

    private static void recordClip(Incident incident, PreparedStatement clips) throws SQLException {
        Incident.Clip clip = incident.clip();
        if (clip != null) {
            HistoryTables.set(
                    clips,
                    clip.path(),
                    clip.sidecar().path(),
                    clip.fromMillis(),
                    clip.toMillis(),
                    clip.isMasked() ? 1 : 0,
                    incident.id());
            clips.executeUpdate();
        }
    }

    @Override
    public synchronized int store(Collection<ComplianceMinute> minutes) {
        run("cannot be written", () -> file.transaction(() -> CountTables.add(file, minutes)));
        return 0;
    }

    @Override
    public synchronized List<ComplianceQuarter> quarters(long fromMillis, long toMillis) {
        List<ComplianceQuarter> quarters = new ArrayList<>();
        run("cannot be read", () -> quarters.addAll(CountTables.read(file, fromMillis, toMillis)));
        return quarters;
    }

    @Override
    public synchronized Map<String, Long> firstMillis() {
        Map<String, Long> first = new HashMap<>();
        run("cannot be read", () -> first.putAll(CountTables.first(file)));
        return first;
    }

    /** The incidents of a query, newest first, without positions. */
    public synchronized List<RecordedIncident> search(IncidentQuery query) {
        StringBuilder sql =
                new StringBuilder("select " + HistoryTables.COLUMNS + " from " + HistoryTables.SOURCE + " where 1");
        List<Object> values = new ArrayList<>();
        filter(sql, values, " and started_millis>=?", query.fromMillis());
        filter(sql, values, " and started_millis<?", query.toMillis());
        filter(sql, values, " and stream=?", query.stream());
        filter(sql, values, " and zone=?", query.zone());
        filter(sql, values, " and rule=?", query.rule());
        sql.append(
                switch (query.state()) {
                    case ALL -> "";
                    case OPEN -> " and end_reason is null";
                    case NEW -> " and acknowledged_millis is null";
                    case ACKNOWLEDGED -> " and acknowledged_millis is not null";
                });
        IncidentQuery.Cursor before = query.before();
        if (before != null) {
            sql.append(" and (started_millis, number) < (?, ?)");
            values.add(before.startedMillis());
            values.add(before.number());
        }
        sql.append(" order by started_millis desc, number desc limit ?");
        values.add(query.limit());
        List<RecordedIncident> found = new ArrayList<>();
        run("cannot be read", () -> {
            try (PreparedStatement select = file.prepare(sql.toString())) {
                HistoryTables.set(select, values.toArray());
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        found.add(HistoryTables.incident(rows));
                    }
                }
            }
        });
        return found;
    }

    private static void filter(StringBuilder sql, List<Object> values, String condition, @Nullable Object value) {
        if (value != null) {
            sql.append(condition);
            values.add(value);
        }
    }

    /** An incident with its positions; empty where there is none of this id. */
    public synchronized Optional<RecordedIncident> find(String id) {
        List<RecordedIncident> found = new ArrayList<>();
        run("cannot be read", () -> {
            try (PreparedStatement select =
                    file.prepare("select " + HistoryTables.COLUMNS + " from " + HistoryTables.SOURCE + " where id=?")) {
                HistoryTables.set(select, id);
                try (ResultSet rows = select.executeQuery()) {
                    if (rows.next()) {
                        RecordedIncident incident = HistoryTables.incident(rows);
                        found.add(incident.withPositions(positions(incident.number())));
                    }
                }
            }
        });
        return found.stream().findFirst();
    }

    private List<Incident.Position> positions(long number) throws SQLException {
        List<Incident.Position> positions = new ArrayList<>();
        try (PreparedStatement select = file.prepare("select value from position where incident=? order by revision")) {
            HistoryTables.set(select, number);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    positions.addAll(PositionBytes.read(rows.getBytes(1)));
                }
            }
        }
        return positions;
    }

    /**
     * Marks an incident as dealt with, or takes that back.
     *
     * @param acknowledgement null takes it back
     * @return false where there is no incident of this id
     */
    public synchronized boolean acknowledge(String id, RecordedIncident.@Nullable Acknowledgement acknowledgement) {
        int[] changed = new int[1];
        run("cannot be written", () -> {
            try (PreparedStatement update =
                    file.prepare("update incident set acknowledged_millis=?, acknowledged_by=?, note=? where id=?")) {
                if (acknowledgement == null) {
                    HistoryTables.set(update, null, null, null, id);
                } else {
                    HistoryTables.set(
                            update, acknowledgement.atMillis(), acknowledgement.by(), acknowledgement.note(), id);
                }
                changed[0] = update.executeUpdate();
            }
        });
        return changed[0] > 0;
    }

    /** What was observed in the hours that begin within a time, by hour, stream and zone. */
    public List<HeadHour> hours(long fromMillis, long toMillis) {
        return hours(this, fromMillis, toMillis);
    }

    /** The same from other counts, with the incidents of this history. */
    public List<HeadHour> hours(ComplianceQuarters counts, long fromMillis, long toMillis) {
        HourSums sums = new HourSums();
        counts.quarters(HourSums.hourFrom(fromMillis), HourSums.hourFrom(toMillis))
                .forEach(sums::add);
        addIncidentsOf(sums, fromMillis, toMillis);
        return sums.hours();
    }

    private synchronized void addIncidentsOf(HourSums sums, long fromMillis, long toMillis) {
        run("cannot be read", () -> addIncidents(sums, fromMillis, toMillis));
    }

    private void addIncidents(HourSums sums, long fromMillis, long toMillis) throws SQLException {
        try (PreparedStatement select = file.prepare("select stream, zone, started_millis, last_millis, end_reason"
                + " from incident where started_millis>=? and started_millis<?")) {
            HistoryTables.set(select, HourSums.hourFrom(fromMillis), HourSums.hourFrom(toMillis));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    boolean complied = Incident.EndReason.COMPLIANCE.name().equals(rows.getString(5));
                    long started = rows.getLong(3);
                    sums.addIncident(
                            rows.getString(1),
                            rows.getString(2),
                            started,
                            complied ? rows.getLong(4) - started : HourSums.NOT_COMPLIED);
                }
            }
        }
    }

    /** Number of incidents. */
    public synchronized long size() {
        long[] size = new long[1];
        run("cannot be read", () -> size[0] = file.number("select count(*) from incident"));
        return size[0];
    }

    /** Deletes what is too old, then the oldest incidents while the file is too large; to be called about once an hour. */
    public synchronized void prune() {
        long oldest = clock.millis() - config.keep().toMillis();
        run("cannot be written", () -> {
            CountTables.prune(file, oldest, clock.millis());
            delete("select number from incident where last_millis<" + oldest + " and end_reason is not null");
            if (file.usedBytes() > config.maxBytes()) {
                while (file.usedBytes() > SIZE_TARGET * config.maxBytes()
                        && file.number("select count(*) from incident where end_reason is not null") > 0) {
                    delete("select number from incident where end_reason is not null"
                            + " order by started_millis, number limit " + DELETED_AT_ONCE);
                }
            }
            file.execute("pragma incremental_vacuum");
        });
    }

    private void delete(String numbers) throws SQLException {
        file.transaction(() -> {
            file.execute("delete from position where incident in (" + numbers + ")");
            file.execute("delete from clip where incident in (" + numbers + ")");
            file.execute("delete from incident where number in (" + numbers + ")");
        });
    }

    private void run(String what, SqliteFile.Work work) {
        if (closed) {
            throw new SqliteException("incident history is closed: the service is ending", null);
        }
        try {
            work.run();
        } catch (SQLException e) {
            throw file.failure(what, e);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        file.close();
    }
}
