package io.helmwatch.pipeline.site;

import io.helmwatch.cluster.ClusterView;
import io.helmwatch.cluster.NodeAnnouncement;
import io.helmwatch.web.Relay.Subject;
import io.helmwatch.web.relay.Peers;
import java.net.URI;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Where the other nodes are, as they announce it in the topic of nodes. Threading: any thread. */
public final class SitePeers implements Peers {
    private final String node;
    private final Function<String, @Nullable String> streams;
    private final Function<String, @Nullable String> incidents;
    private volatile @Nullable ClusterView view;

    /**
     * No node is known so far.
     *
     * @param node name of this node
     * @param streams the node that has a stream; null where none has it
     * @param incidents the node that has the image and video of an incident; null where that is this one, or not known
     */
    public SitePeers(
            String node, Function<String, @Nullable String> streams, Function<String, @Nullable String> incidents) {
        this.node = node;
        this.streams = streams;
        this.incidents = incidents;
    }

    /** The topics of the cluster are followed. */
    public void open(ClusterView opened) {
        view = opened;
    }

    @Override
    public @Nullable String nodeOf(Subject subject, String id) {
        String found = subject == Subject.STREAM ? streams.apply(id) : incidents.apply(id);
        return node.equals(found) ? null : found;
    }

    @Override
    public @Nullable URI desk(String name) {
        ClusterView known = view;
        NodeAnnouncement said = known == null ? null : known.nodes().find(name).orElse(null);
        if (said == null
                || said.isSilent(System.currentTimeMillis())
                || said.address().isEmpty()) {
            return null;
        }
        try {
            return URI.create((said.isSecure() ? "https://" : "http://") + said.address() + "/");
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
