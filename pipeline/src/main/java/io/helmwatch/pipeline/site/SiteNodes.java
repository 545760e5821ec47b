package io.helmwatch.pipeline.site;

import io.helmwatch.cluster.ClusterView;
import io.helmwatch.cluster.NodeAnnouncement;
import io.helmwatch.cluster.NodeLoad;
import io.helmwatch.web.Nodes;
import io.helmwatch.web.RefusedException;
import io.helmwatch.web.Streams.Stream;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The nodes of a cluster for the page. Threading: any thread. */
public final class SiteNodes implements Nodes {
    private final String cluster;
    private final Supplier<? extends Collection<Stream>> cameras;
    private volatile @Nullable ClusterView view;

    /**
     * Nothing is known so far.
     *
     * @param cluster name of the cluster
     * @param cameras all cameras of the cluster
     */
    public SiteNodes(String cluster, Supplier<? extends Collection<Stream>> cameras) {
        this.cluster = cluster;
        this.cameras = cameras;
    }

    /** The topics of the cluster are followed. */
    public void open(ClusterView opened) {
        view = opened;
    }

    @Override
    public String cluster() {
        return cluster;
    }

    @Override
    public NodeList now() {
        ClusterView known = view;
        if (known == null) {
            throw RefusedException.unavailable("the service is starting: try again in some seconds");
        }
        Map<String, Integer> openIncidents = new HashMap<>();
        int count = 0;
        int unassigned = 0;
        for (Stream camera : cameras.get()) {
            count++;
            if (camera.node() == null) {
                unassigned++;
            } else {
                openIncidents.merge(camera.node(), camera.openIncidents(), Integer::sum);
            }
        }
        long now = System.currentTimeMillis();
        List<Node> nodes = known.nodes().all(now).stream()
                .map(node -> node(node, now, openIncidents.getOrDefault(node.node(), 0)))
                .toList();
        return new NodeList(cluster, known.node(), count, unassigned, nodes);
    }

    private static Node node(NodeAnnouncement node, long nowMillis, int openIncidents) {
        NodeLoad load = node.load();
        return new Node(
                node.node(),
                node.isSilent(nowMillis) ? State.SILENT : State.ONLINE,
                node.version(),
                node.weight(),
                node.partitions(),
                node.cameras(),
                openIncidents,
                node.address().isEmpty() ? null : (node.isSecure() ? "https://" : "http://") + node.address() + "/",
                Instant.ofEpochMilli(node.startedMillis()),
                Instant.ofEpochMilli(node.publishedMillis()),
                load.processors(),
                load.gpus(),
                load.backend(),
                load.coresInUse(),
                load.memoryBytes(),
                load.wantedFps(),
                load.analysedFps());
    }
}
