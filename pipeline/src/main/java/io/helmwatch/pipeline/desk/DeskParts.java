package io.helmwatch.pipeline.desk;

import io.helmwatch.cluster.ClusterView;
import io.helmwatch.cluster.kafka.CameraEditor;
import io.helmwatch.cluster.kafka.ClusterNode;
import io.helmwatch.cluster.kafka.SharedAcknowledgements;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.pipeline.live.LiveStreams;
import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.pipeline.site.SiteAcknowledgements;
import io.helmwatch.pipeline.site.SiteCameras;
import io.helmwatch.pipeline.site.SiteNodes;
import io.helmwatch.pipeline.site.SitePeers;
import io.helmwatch.postprocess.tracking.HeadTracker;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.IncidentSink;
import io.helmwatch.sinks.compliance.ComplianceQuarters;
import io.helmwatch.sinks.compliance.ComplianceStore;
import io.helmwatch.sinks.history.HistoryIncidentSink;
import io.helmwatch.sinks.history.IncidentHistory;
import io.helmwatch.sinks.history.RecordedIncident;
import io.helmwatch.sinks.kafka.ClusterIncidentReader;
import io.helmwatch.sinks.kafka.KafkaQuarters;
import io.helmwatch.sinks.sqlite.SqliteException;
import io.helmwatch.web.Compliance;
import io.helmwatch.web.Incidents;
import io.helmwatch.web.LiveVideo;
import io.helmwatch.web.Nodes;
import io.helmwatch.web.RefusedException;
import io.helmwatch.web.Relay;
import io.helmwatch.web.Reports;
import io.helmwatch.web.Streams;
import io.helmwatch.web.relay.NodeRelay;
import java.time.Clock;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the service keeps for the page: the history with the counts of heads, the frames that are asked for, live video, and the streams. A folder that cannot be
 * used does not keep the service from starting: the page then says why a part is missing.
 *
 * <p>Threading: opened, started and closed by one thread; the parts by any. Ownership: owns its files; close it after the last frame and the
 * last incident.
 */
public final class DeskParts implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DeskParts.class);

    private final HelmwatchConfig config;
    private final Closer owned = new Closer();
    private final CurrentFrames frames;
    private final @Nullable IncidentHistory history;
    private final @Nullable HistoryIncidentSink historySink;
    private final @Nullable ComplianceQuarters counts;
    private final DeskStreams ownStreams;
    private final @Nullable ClusterStreams clusterStreams;
    private final @Nullable SiteNodes nodes;
    private final @Nullable SitePeers peers;
    private final @Nullable Relay relay;
    private final WatchableStreams watchable;
    private final LiveStreams live;
    private final DeskEvidence evidence;
    private volatile @Nullable SharedAcknowledgements acknowledgements;

    /** Opens the history and the store of added streams. */
    public DeskParts(HelmwatchConfig config) {
        this.config = config;
        this.frames = new CurrentFrames(
                config.incidents().tracking(), config.incidents().snapshots().blurOthers());
        ClusterConfig cluster = config.cluster();
        IncidentHistory opened = null;
        try {
            opened = owned.register(
                    new IncidentHistory(config.desk(), Clock.systemUTC(), cluster == null ? null : cluster.node()));
        } catch (SqliteException e) {
            LOG.warn("No history of incidents: {}", e.getMessage());
        }
        history = opened;
        historySink = opened == null ? null : owned.register(new HistoryIncidentSink(opened));
        counts = config.analytics().desk()
                ? owned.register(new KafkaQuarters(config.kafka(), config.analytics()))
                : opened;
        ownStreams = owned.register(new DeskStreams(config, frames));
        clusterStreams = cluster == null ? null : new ClusterStreams(config, cluster, ownStreams);
        Streams streams = streams();
        nodes = cluster == null ? null : new SiteNodes(cluster.name(), streams::list);
        watchable = new WatchableStreams(config.incidents().snapshots().blurOthers());
        evidence = owned.register(new DeskEvidence(config.incidents()));
        live = owned.register(new LiveStreams(watchable, config.incidents().tracking(), streams::list));
        if (cluster == null) {
            peers = null;
            relay = null;
        } else {
            peers = new SitePeers(
                    cluster.node(),
                    id -> streams.find(id).map(Streams.Stream::node).orElse(null),
                    this::nodeOfIncident);
            relay = new NodeRelay(cluster, peers);
            live.relay(relay);
        }
    }

    private @Nullable String nodeOfIncident(String id) {
        try {
            return history == null
                    ? null
                    : history.find(id).map(RecordedIncident::node).orElse(null);
        } catch (SqliteException e) {
            throw RefusedException.unavailable(String.valueOf(e.getMessage()));
        }
    }

    /** Starts the streams that were added earlier, beside those that run. */
    public void start(StreamControl control) {
        watchable.start(control);
        ownStreams.start(control);
    }

    /**
     * Shows what the topics of a cluster say of its other nodes; called once, before {@link #start}.
     *
     * @param kafka with the address of the embedded broker, where one runs
     */
    public void join(ClusterNode node, KafkaConfig kafka) {
        ClusterConfig cluster = config.cluster();
        if (cluster == null || clusterStreams == null || nodes == null || peers == null) {
            return;
        }
        ClusterView view = node.openView();
        clusterStreams.open(new ClusterStreams.Shared(
                view.cameras(),
                new SiteCameras(view, config.incidents().snapshots().blurOthers()),
                new CameraEditor(kafka, cluster, view)));
        nodes.open(view);
        peers.open(view);
        if (history != null) {
            acknowledgements = node.openAcknowledgements(new SiteAcknowledgements(history, cluster.node()));
            owned.register(new ClusterIncidentReader(
                    kafka, cluster.node(), history, config.desk().keep(), live::announce));
        }
    }

    /** The desks of the other nodes; null without a cluster. */
    public @Nullable Relay relay() {
        return relay;
    }

    /** The nodes of the cluster; null without one. */
    public @Nullable Nodes nodes() {
        return nodes;
    }

    /**
     * Look at every frame, behind the rules.
     *
     * @param heads the tracked heads of a stream as of the frame at hand; null where it is not tracked
     */
    public List<FrameAnalyzer> analyzers(Function<String, @Nullable HeadTracker> heads) {
        return List.of(frames, live.frames(heads));
    }

    /** Keeps the counts of observed heads; null where they cannot be kept. */
    public @Nullable ComplianceStore complianceStore() {
        return history;
    }

    /** Receive every incident. */
    public List<IncidentSink> incidentSinks() {
        return historySink == null ? List.of(live.incidents()) : List.of(historySink, live.incidents());
    }

    /** Live video of the streams. */
    public LiveVideo live() {
        return live;
    }

    /** Counts of observed heads; null where they cannot be kept. */
    public @Nullable Compliance compliance() {
        return history == null || counts == null ? null : new DeskCompliance(counts, history);
    }

    /** Reports; null where nothing can be kept. */
    public @Nullable Reports reports() {
        return history == null || counts == null
                ? null
                : new DeskReports(
                        counts,
                        history,
                        config.desk(),
                        config.http().site(),
                        // Counts of a node are those of its own cameras, unless it shows those of the site.
                        () -> (config.analytics().desk() ? streams() : ownStreams)
                                .list().stream().map(Streams.Stream::id).toList(),
                        Clock.systemUTC());
    }

    /** The history of incidents; null where it cannot be kept. */
    public @Nullable Incidents incidents() {
        return history == null
                ? null
                : new DeskIncidents(history, evidence, config.incidents(), () -> {
                    SharedAcknowledgements shared = acknowledgements;
                    if (shared != null) {
                        shared.publish();
                    }
                });
    }

    /** Whether somebody has acknowledged an incident, on any node of a cluster; false where that cannot be told. */
    public boolean isAcknowledged(String incident) {
        IncidentHistory known = history;
        SharedAcknowledgements shared = acknowledgements;
        boolean isElsewhere = shared != null && shared.isAcknowledged(incident);
        try {
            if (known == null) {
                return isElsewhere;
            }
            boolean isHere = known.find(incident)
                    .map(recorded -> recorded.acknowledgement() != null)
                    .orElse(false);
            // What was said here and is not published yet is newer than what the topic says.
            return isHere
                    || (isElsewhere
                            && known.unpublishedAcknowledgements().stream()
                                    .noneMatch(said -> said.incident().equals(incident)));
        } catch (SqliteException e) {
            LOG.warn("Acknowledgement of incident {} not read: {}", incident, e.getMessage());
            return false;
        }
    }

    /** The streams; unavailable until {@link #start}. */
    public Streams streams() {
        return clusterStreams == null ? ownStreams : clusterStreams;
    }

    @Override
    public void close() {
        owned.close();
    }
}
