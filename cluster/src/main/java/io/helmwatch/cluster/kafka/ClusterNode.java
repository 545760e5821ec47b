package io.helmwatch.cluster.kafka;

import io.helmwatch.cluster.AcknowledgementStore;
import io.helmwatch.cluster.CameraRunner;
import io.helmwatch.cluster.CameraTable;
import io.helmwatch.cluster.ClusterStatistics;
import io.helmwatch.cluster.ClusterView;
import io.helmwatch.cluster.NodeListener;
import io.helmwatch.cluster.NodeLoad;
import io.helmwatch.cluster.NodeTable;
import io.helmwatch.cluster.OpenIncidentTable;
import io.helmwatch.cluster.OwnedStreams;
import io.helmwatch.cluster.StreamEpochTable;
import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.resource.Closer;
import io.helmwatch.resource.Quantity;
import io.helmwatch.resource.ThreadStop;
import io.helmwatch.vision.StreamOwnership;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This process as a node of a cluster: it follows the states of all streams and all open incidents, joins the group with as many members as its
 * weight, and has the cameras that the group gives it.
 *
 * <p>Starts without a broker, and joins when there is one.
 *
 * <p>Threading: started and closed by one thread; {@link #ownership}, {@link #statistics} and the view by any.
 */
public final class ClusterNode implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterNode.class);
    private static final long RETRY_MILLIS = 500;
    private static final long CLOSE_MILLIS = 2_000;

    private final KafkaConfig kafka;
    private final ClusterConfig cluster;
    private final long startedMillis = System.currentTimeMillis();
    private final StreamEpochTable states = new StreamEpochTable();
    private final OpenIncidentTable openIncidents = new OpenIncidentTable();
    private final Closer tables = new Closer();
    private final TopicTable statesTopic;
    private final TopicTable openIncidentsTopic;
    private final OwnedStreams owned;
    private final ClusterStatistics statistics = new ClusterStatistics(System::nanoTime);
    private final List<ClusterMember> members = new ArrayList<>();
    private @Nullable Thread joining;
    private @Nullable CameraQueue cameras;
    private @Nullable CameraArrivals arrivals;
    private @Nullable NodeAnnouncer announcer;
    private @Nullable HandOver handOver;
    private @Nullable AutomaticRebalance rebalance;
    private volatile @Nullable NodeTable shownNodes;
    private volatile boolean closing;

    /**
     * Follows the topics; {@link #start} joins.
     *
     * @param kafka with the address of the broker
     */
    public ClusterNode(KafkaConfig kafka, ClusterConfig cluster) {
        this.kafka = kafka;
        this.cluster = cluster;
        statesTopic = tables.register(new TopicTable(
                kafka,
                kafka.topics().streams(),
                (partition, stream, state, arrival) -> states.put(stream, state, arrival)));
        openIncidentsTopic = tables.register(new TopicTable(
                kafka,
                cluster.openIncidentsTopic(),
                (partition, incident, message, arrival) -> openIncidents.put(incident, message)));
        owned = new OwnedStreams(states, statesTopic::isReadSince, System::nanoTime);
    }

    /** Which streams this node has. */
    public StreamOwnership ownership() {
        return owned;
    }

    /** Starts to follow what the desk shows of all nodes; called once, before {@link #start}. */
    public ClusterView openView() {
        CameraTable shown = new CameraTable();
        NodeTable nodes = new NodeTable(cluster.name());
        NodeChecks checks = new NodeChecks(cluster.name(), cluster.node(), startedMillis);
        shownNodes = nodes;
        TopicTable camerasTopic = tables.register(new TopicTable(
                kafka,
                cluster.camerasTopic(),
                (partition, camera, settings, arrival) -> shown.put(partition, camera, settings)));
        tables.register(new TopicTable(kafka, cluster.nodesTopic(), (partition, node, message, arrival) -> {
            nodes.put(node, message, arrival);
            checks.put(node, message, arrival);
        }));
        return new ClusterView(cluster.node(), shown, nodes, states, openIncidents, camerasTopic::isReadSince);
    }

    /**
     * Starts to follow which incidents are acknowledged; called once. Closed with the node.
     *
     * @param store where they are kept
     */
    public SharedAcknowledgements openAcknowledgements(AcknowledgementStore store) {
        return tables.register(new SharedAcknowledgements(kafka, cluster, store, statistics.acknowledgements()));
    }

    /**
     * Starts to report nodes that are lost, and this one when it is back; called once, before {@link #start}.
     *
     * @return ends it; owned by the caller
     */
    public AutoCloseable watchNodes(NodeListener listener) {
        return new NodeWatch(kafka, cluster, this::partitions, listener);
    }

    /** How the membership of this node is. */
    public ClusterStatistics statistics() {
        return statistics;
    }

    /** Number of cameras that this node has. */
    public int cameras() {
        return owned.count();
    }

    /** Cameras that the fullest node has beyond its share, see {@link NodeTable#surplus}; NaN without a view. */
    public double imbalance() {
        NodeTable nodes = shownNodes;
        return nodes == null ? Double.NaN : nodes.surplus(System.currentTimeMillis());
    }

    /**
     * What a node says of itself.
     *
     * @param version of this program
     * @param address where this node's desk is, host:port; empty without one
     * @param isSecure whether the desk speaks TLS
     * @param load asked every few seconds
     */
    public record Identity(String version, String address, boolean isSecure, Supplier<NodeLoad> load) {}

    /** Joins the group once the broker answers; returns at once. */
    public void start(CameraRunner runner, Identity identity) {
        CameraQueue queue = new CameraQueue(cluster.node(), runner, owned, states, openIncidents);
        cameras = queue;
        CameraArrivals moves = new CameraArrivals(kafka, cluster, states, statistics.moves());
        arrivals = moves;
        announcer = new NodeAnnouncer(kafka, cluster, identity, startedMillis, owned::count, statistics::partitions);
        if (cluster.rebalance() == ClusterConfig.Rebalance.AUTO) {
            rebalance =
                    new AutomaticRebalance(kafka, cluster, states, openIncidents, this::partitions, statistics.moves());
        }
        handOver = new HandOver(kafka, cluster, states, owned, queue, runner, this::partitions, statistics.moves());
        Thread thread = new Thread(() -> join(queue, moves), "cluster-join");
        thread.setDaemon(true);
        joining = thread;
        thread.start();
    }

    private void join(CameraQueue queue, CameraArrivals moves) {
        try {
            awaitTopics();
            while (!closing && !(statesTopic.isRead() && openIncidentsTopic.isRead())) {
                TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS / 10);
            }
            synchronized (members) {
                for (int i = 0; i < cluster.weight() && !closing; i++) {
                    members.add(new ClusterMember(kafka, cluster, i, queue, moves, statistics));
                }
            }
            LOG.info(
                    "Cluster {}: node {} joins with {}",
                    cluster.name(),
                    cluster.node(),
                    Quantity.of(cluster.weight(), "member"));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The partitions that this node has for sure. */
    private Set<Integer> partitions() {
        Set<Integer> all = new HashSet<>();
        synchronized (members) {
            members.forEach(member -> all.addAll(member.partitions()));
        }
        return all;
    }

    private void awaitTopics() throws InterruptedException {
        String problem = "";
        while (!closing) {
            try (Admin admin = Admin.create(ClusterClients.admin(kafka, ClusterClients.TIMEOUT))) {
                ClusterTopics.ensure(admin, kafka, cluster, ClusterClients.TIMEOUT);
                return;
            } catch (ExecutionException | TimeoutException | KafkaException | IllegalStateException e) {
                String found = e.getCause() == null ? e.toString() : String.valueOf(e.getCause());
                if (!found.equals(problem)) {
                    problem = found;
                    LOG.warn("Cluster {}: not joined yet: {}; retrying", cluster.name(), problem);
                }
                TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
            }
        }
    }

    /** Leaves the group, so that the other nodes take the cameras over at once. The cameras have stopped before. */
    @Override
    public void close() {
        if (closing) {
            return;
        }
        closing = true;
        Thread thread = joining;
        if (thread != null) {
            ThreadStop.interruptAndJoin(thread, CLOSE_MILLIS);
        }
        if (rebalance != null) {
            rebalance.close();
        }
        if (handOver != null) {
            handOver.close();
        }
        if (arrivals != null) {
            arrivals.close();
        }
        if (cameras != null) {
            cameras.close();
        }
        synchronized (members) {
            members.forEach(ClusterMember::beginClose);
            members.forEach(ClusterMember::close);
        }
        if (announcer != null) {
            announcer.close();
        }
        tables.close();
    }
}
