package io.helmwatch.cluster.kafka;

import io.helmwatch.cluster.Arrival;
import io.helmwatch.cluster.NodeAnnouncement;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports what an administrator has to mend before nodes can work together: two processes of one name, and clocks that differ.
 *
 * <p>Threading: one thread.
 */
final class NodeChecks {
    private static final Logger LOG = LoggerFactory.getLogger(NodeChecks.class);
    /** Requests that the desks of two nodes pass on are refused when their clocks differ by more. */
    private static final long MOST_MILLIS = 60_000;
    /** A single message may have been read late. */
    private static final int IN_A_ROW = 2;

    private final String cluster;
    private final String node;
    private final long startedMillis;
    /** How often in a row the clock of a node was found to differ. */
    private final Map<String, Integer> differing = new HashMap<>();
    /** The other process of this node's name that was reported last, by its start; 0 for none. */
    private long reportedStart;

    /**
     * Nothing is known so far.
     *
     * @param startedMillis when this process started, as it says itself
     */
    NodeChecks(String cluster, String node, long startedMillis) {
        this.cluster = cluster;
        this.node = node;
        this.startedMillis = startedMillis;
    }

    /** A message of the topic of nodes. Of those that were in the topic before, nothing is concluded. */
    void put(String name, byte @Nullable [] message, Arrival arrival) {
        if (message == null) {
            differing.remove(name);
        } else if (arrival.isNew()) {
            NodeAnnouncement.read(message)
                    .filter(said ->
                            said.cluster().equals(cluster) && said.node().equals(name))
                    .ifPresent(said -> check(said, arrival));
        }
    }

    private void check(NodeAnnouncement said, Arrival arrival) {
        if (said.node().equals(node)) {
            checkName(said);
            return;
        }
        Duration behind = Duration.ofMillis(arrival.millis() - said.publishedMillis());
        if (behind.abs().toMillis() <= MOST_MILLIS) {
            differing.remove(said.node());
        } else if (differing.merge(said.node(), 1, Integer::sum) == IN_A_ROW) {
            LOG.warn(
                    "Cluster {}: the clock of node {} is {} s {} that of this node {}: times of its incidents are wrong or ours are, and pictures are not"
                            + " passed on; set both clocks (NTP)",
                    cluster,
                    said.node(),
                    behind.abs().toSeconds(),
                    behind.isNegative() ? "ahead of" : "behind",
                    node);
        }
    }

    private void checkName(NodeAnnouncement said) {
        if (said.startedMillis() != startedMillis && said.startedMillis() != reportedStart) {
            reportedStart = said.startedMillis();
            LOG.error(
                    "Cluster {}: another process calls itself node {} too (address {}, {} cameras): each shows the cameras and incidents of the other as its"
                            + " own, without their pictures; give one of them another name (cluster.node)",
                    cluster,
                    node,
                    said.address().isEmpty() ? "none" : said.address(),
                    said.cameras());
        }
    }
}
