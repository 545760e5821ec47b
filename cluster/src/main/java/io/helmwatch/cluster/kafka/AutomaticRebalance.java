package io.helmwatch.cluster.kafka;

import io.helmwatch.cluster.CameraPlacement;
import io.helmwatch.cluster.MoveStatistics;
import io.helmwatch.cluster.NodeShare;
import io.helmwatch.cluster.OpenIncidentTable;
import io.helmwatch.cluster.PlacedCamera;
import io.helmwatch.cluster.StreamEpochTable;
import io.helmwatch.cluster.StreamState;
import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.resource.ThreadStop;
import io.helmwatch.vision.NodeEpoch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Evens out how many cameras the nodes have, where that is configured: the node that holds partition 0 does, so that the group decides who that is. It
 * acts when no partition has moved for {@code cluster.rebalance-after} and moves one camera at a time, only cameras that are online and have no open incident, and
 * only while nobody reports that a node cannot reach its cameras. A camera that does not come online on its new node ends that for an hour.
 *
 * <p>Threading: a thread of its own; {@link #close} by one thread.
 */
final class AutomaticRebalance implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AutomaticRebalance.class);
    private static final int DECIDING_PARTITION = 0;
    private static final int MOST_MOVES = 10;
    private static final long LONGEST_PERIOD_MILLIS = 30_000;
    private static final long ONLINE_MILLIS = 60_000;
    private static final long CHECK_MILLIS = 100;
    private static final long PAUSE_NANOS = TimeUnit.HOURS.toNanos(1);
    private static final long CLOSE_MILLIS = 1_000;
    private static final String ONLINE = "online";

    private final KafkaConfig kafka;
    private final ClusterConfig cluster;
    private final StreamEpochTable states;
    private final OpenIncidentTable openIncidents;
    private final Supplier<Set<Integer>> partitions;
    private final MoveStatistics statistics;
    private final Thread thread = new Thread(this::run, "cluster-rebalance");
    private volatile boolean closing;

    // Owned by the thread.
    private List<NodeShare> seen = List.of();
    private long seenNanos;
    private long notBeforeNanos = System.nanoTime();

    /**
     * Starts the thread.
     *
     * @param partitions those that this node has for sure
     */
    AutomaticRebalance(
            KafkaConfig kafka,
            ClusterConfig cluster,
            StreamEpochTable states,
            OpenIncidentTable openIncidents,
            Supplier<Set<Integer>> partitions,
            MoveStatistics statistics) {
        this.kafka = kafka;
        this.cluster = cluster;
        this.states = states;
        this.openIncidents = openIncidents;
        this.partitions = partitions;
        this.statistics = statistics;
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        Duration after = cluster.rebalanceAfter();
        long period = Math.min(LONGEST_PERIOD_MILLIS, after.toMillis() / 4);
        try {
            while (!closing) {
                TimeUnit.MILLISECONDS.sleep(period);
                work(after);
            }
        } catch (InterruptedException | InterruptException end) {
            LOG.debug("No further camera is moved");
        }
    }

    private boolean isDecider() {
        return !closing && partitions.get().contains(DECIDING_PARTITION);
    }

    private void work(Duration after) throws InterruptedException {
        if (!isDecider()) {
            seen = List.of();
            return;
        }
        try (CameraDirectory directory = new CameraDirectory(kafka, cluster, ClusterClients.TIMEOUT)) {
            List<NodeShare> nodes = directory.nodes();
            long now = System.nanoTime();
            if (!nodes.equals(seen)) {
                seen = nodes;
                seenNanos = now;
            } else if (now - seenNanos >= after.toNanos() && now - notBeforeNanos >= 0) {
                notBeforeNanos = now + after.toNanos();
                rebalance(directory);
            }
        } catch (InterruptException e) {
            throw e;
        } catch (RuntimeException e) {
            if (!closing) {
                LOG.warn("Cameras are not evened out between the nodes: {}; retrying", e.getMessage());
            }
        }
    }

    private void rebalance(CameraDirectory directory) throws InterruptedException {
        Collection<List<CameraRecords.Copy>> copies = directory.copies().values();
        List<PlacedCamera> all = new ArrayList<>();
        List<PlacedCamera> movable = new ArrayList<>();
        boolean isRecent = false;
        long nowMillis = System.currentTimeMillis();
        for (List<CameraRecords.Copy> places : copies) {
            for (CameraRecords.Copy copy : places) {
                all.add(copy.camera());
                isRecent |= copy.recentMoves(nowMillis) > 0;
            }
            if (places.size() == 1 && isQuiet(places.get(0).camera().id())) {
                movable.add(places.get(0).camera());
            }
        }
        CameraPlacement placement = new CameraPlacement(directory.partitions(), all, seen);
        if (!placement.isUneven()) {
            return;
        }
        if (isRecent || !states.offline().isEmpty()) {
            statistics.refused(isRecent ? MoveStatistics.Refusal.HAND_OVER : MoveStatistics.Refusal.OFFLINE);
            return;
        }
        List<CameraPlacement.Move> moves = placement.moves(movable, MOST_MOVES);
        if (moves.isEmpty()) {
            statistics.refused(MoveStatistics.Refusal.BUSY);
        }
        for (CameraPlacement.Move move : moves) {
            if (!isDecider() || !directory.nodes().equals(seen) || !move(directory, move)) {
                return;
            }
        }
    }

    private boolean isQuiet(String camera) {
        StreamState state = states.state(camera);
        return state != null && state.state().equals(ONLINE) && openIncidents.count(camera) == 0;
    }

    /** Moves a camera and waits for it; whether the next one may follow. */
    private boolean move(CameraDirectory directory, CameraPlacement.Move move) throws InterruptedException {
        String camera = move.camera().id();
        Optional<String> target = seen.stream()
                .filter(node -> node.partitions().contains(move.toPartition()))
                .map(NodeShare::node)
                .findFirst();
        // As it is now, since settings may have been changed or the camera removed.
        Map<String, List<CameraRecords.Copy>> now = directory.copies();
        List<CameraRecords.Copy> places = now.getOrDefault(camera, List.of());
        NodeEpoch owner = states.newest(camera);
        if (target.isEmpty()
                || places.size() != 1
                || places.get(0).camera().partition() != move.camera().partition()
                || !isQuiet(camera)) {
            return true;
        }
        directory.order(places.get(0).camera(), move.toPartition());
        LOG.info(
                "Camera {} moves from node {} to node {}, which has fewer",
                camera,
                owner == null ? "?" : owner.node(),
                target.get());
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ONLINE_MILLIS);
        while (!closing && System.nanoTime() - until < 0) {
            NodeEpoch newest = states.newest(camera);
            StreamState state = states.state(camera);
            if (newest != null
                    && newest.node().equals(target.get())
                    && state != null
                    && state.state().equals(ONLINE)) {
                return true;
            }
            TimeUnit.MILLISECONDS.sleep(CHECK_MILLIS);
        }
        notBeforeNanos = System.nanoTime() + PAUSE_NANOS;
        statistics.refused(MoveStatistics.Refusal.NOT_ONLINE);
        LOG.warn(
                "Camera {} is not online on node {} after {} s: no further camera is moved within the hour",
                camera,
                target.get(),
                TimeUnit.MILLISECONDS.toSeconds(ONLINE_MILLIS));
        return false;
    }

    /** Stops soon. */
    @Override
    public void close() {
        closing = true;
        ThreadStop.interruptAndJoin(thread, CLOSE_MILLIS);
    }
}
