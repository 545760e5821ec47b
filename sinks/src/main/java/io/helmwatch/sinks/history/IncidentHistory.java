package io.helmwatch.sinks.history;

import io.helmwatch.config.http.DeskConfig;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.IncidentReader.Message;
import io.helmwatch.sinks.compliance.ComplianceQuarter;
import io.helmwatch.sinks.compliance.ComplianceQuarters;
import io.helmwatch.sinks.compliance.ComplianceStore;
import io.helmwatch.sinks.sqlite.SqliteException;
import io.helmwatch.sinks.sqlite.SqliteFile;
import io.helmwatch.vision.ComplianceMinute;
import io.helmwatch.vision.Incident;
import java.time.Clock;
import java.util.Collection;
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
    private final DeskConfig config;
    private final Clock clock;
    private final @Nullable String node;
    private final SqliteFile file;

    /**
     * Opens the history, created when missing.
     *
     * @throws SqliteException when it cannot be used, in one sentence
     */
    public IncidentHistory(DeskConfig config, Clock clock) {
        this(config, clock, null, false);
    }

    /**
     * The history of a node of a cluster, which also has what other nodes detected.
     *
     * @param node its name; null without a cluster
     * @throws SqliteException when it cannot be used, in one sentence
     */
    public IncidentHistory(DeskConfig config, Clock clock, @Nullable String node) {
        this(config, clock, node, false);
    }

    private IncidentHistory(DeskConfig config, Clock clock, @Nullable String node, boolean isCopy) {
        this.config = config;
        this.clock = clock;
        this.node = node;
        try (Closer opened = new Closer()) {
            file = opened.register(new SqliteFile(HistoryTables.in(config.directory()), clock.millis()));
            if (!isCopy) {
                file.run(
                        "cannot be opened",
                        () -> ClusterIncidents.interrupt(file, Incident.EndReason.INTERRUPTED.name(), node));
            }
            opened.transfer();
        }
    }

    /** Opens a copy of a history that a service uses: incidents that are open stay so. */
    static IncidentHistory ofCopy(DeskConfig config, Clock clock) {
        return new IncidentHistory(config, clock, null, true);
    }

    /**
     * Records messages about incidents, in one transaction. A message that is known already changes nothing.
     *
     * @throws SqliteException when nothing was recorded
     */
    public synchronized void record(Collection<Incident> messages) {
        List<Message> current =
                messages.stream().map(message -> new Message(message, false)).toList();
        file.write(() -> IncidentRecords.add(file, current));
    }

    /**
     * Records what other nodes published, and how far their topic was read, in one transaction.
     *
     * @param messages in the order of the topic; whether one is superseded was decided by who read it
     * @param offsets the next offset of each partition
     * @throws SqliteException when nothing was recorded
     */
    public synchronized void recordTopic(String topic, Collection<Message> messages, Map<Integer, Long> offsets) {
        file.write(() -> {
            IncidentRecords.add(file, messages);
            ClusterIncidents.store(file, topic, offsets);
        });
    }

    /** How far a topic was read: the next offset of each partition that was read at all. */
    public synchronized Map<Integer, Long> offsets(String topic) {
        return file.read(() -> ClusterIncidents.offsets(file, topic));
    }

    /** The newest epoch of each stream that has incidents of a cluster. */
    public synchronized Map<String, Long> epochs() {
        return file.read(() -> ClusterIncidents.epochs(file));
    }

    /** Removes an incident, if it is there; one that is known as superseded stays. */
    synchronized void remove(String incident) {
        file.write(() -> IncidentRecords.remove(file, incident));
    }

    @Override
    public synchronized int store(Collection<ComplianceMinute> minutes) {
        file.write(() -> CountTables.add(file, minutes));
        return 0;
    }

    @Override
    public synchronized List<ComplianceQuarter> quarters(long fromMillis, long toMillis) {
        return file.read(() -> CountTables.read(file, fromMillis, toMillis));
    }

    @Override
    public synchronized Map<String, Long> firstMillis() {
        return file.read(() -> CountTables.first(file));
    }

    /** The incidents of a query, newest first, without positions. */
    public synchronized List<RecordedIncident> search(IncidentQuery query) {
        return file.read(() -> IncidentSearch.search(file, query));
    }

    /** An incident with its positions; empty where there is none of this id. */
    public synchronized Optional<RecordedIncident> find(String id) {
        return file.read(() -> IncidentSearch.find(file, id));
    }

    /**
     * Marks an incident as dealt with, or takes that back.
     *
     * @param acknowledgement null takes it back
     * @return false where there is no incident of this id
     */
    public synchronized boolean acknowledge(String id, RecordedIncident.@Nullable Acknowledgement acknowledgement) {
        return file.write(() -> AcknowledgementRecords.give(file, id, acknowledgement, clock.millis(), node != null));
    }

    /** In a cluster: the acknowledgements that were given here and are not published yet, in their order. */
    public synchronized List<SharedAcknowledgement> unpublishedAcknowledgements() {
        return file.read(() -> AcknowledgementRecords.unpublished(file));
    }

    /** One of them is published. */
    public synchronized void acknowledgementPublished(SharedAcknowledgement change) {
        file.write(() -> AcknowledgementRecords.published(file, change));
    }

    /**
     * Records the acknowledgements on which the nodes of a cluster agree. One of an incident that has an unpublished one changes nothing; one of an incident
     * that is not known applies when it is.
     */
    public synchronized void recordAcknowledgements(Collection<SharedAcknowledgement> all) {
        file.write(() -> AcknowledgementRecords.apply(file, all));
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
        file.run("cannot be read", () -> IncidentSearch.addHours(file, sums, fromMillis, toMillis));
    }

    /** Number of incidents. */
    public synchronized long size() {
        return file.read(() -> file.number("select count(*) from incident"));
    }

    /** Deletes what is too old, then the oldest incidents while the file is too large; to be called about once an hour. */
    public synchronized void prune() {
        long oldest = clock.millis() - config.keep().toMillis();
        file.run("cannot be written", () -> {
            CountTables.prune(file, oldest, clock.millis());
            AcknowledgementRecords.prune(file, oldest);
            if (node != null) {
                ClusterIncidents.interruptAbandoned(file, Incident.EndReason.INTERRUPTED.name(), node, clock.millis());
            }
            IncidentRecords.prune(file, oldest, config.maxBytes());
            file.execute("pragma incremental_vacuum");
        });
    }

    @Override
    public synchronized void close() {
        file.close();
    }
}
