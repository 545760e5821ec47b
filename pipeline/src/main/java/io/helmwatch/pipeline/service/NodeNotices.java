package io.helmwatch.pipeline.service;

import io.helmwatch.cluster.NodeAnnouncement;
import io.helmwatch.cluster.NodeListener;
import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.sinks.notify.NodeChange;
import io.helmwatch.sinks.notify.Notification;
import io.helmwatch.sinks.sqlite.SqliteException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Notifies targets of nodes that are lost and back. Threading: as {@link NodeListener}. */
final class NodeNotices implements NodeListener {
    private static final Logger LOG = LoggerFactory.getLogger(NodeNotices.class);

    private final ClusterConfig cluster;
    private final List<Notification> targets;
    /** Targets that have the change already which another could not store. */
    private final Set<String> stored = new HashSet<>();

    private boolean isStoring = true;

    NodeNotices(ClusterConfig cluster, List<Notification> targets) {
        this.cluster = cluster;
        this.targets = targets;
    }

    @Override
    public boolean lost(NodeAnnouncement node) {
        return store(new NodeChange(cluster.name(), node.node(), false, node.publishedMillis(), node.cameras()));
    }

    @Override
    public boolean back(long heardMillis) {
        return store(new NodeChange(cluster.name(), cluster.node(), true, heardMillis, 0));
    }

    private boolean store(NodeChange change) {
        boolean isStored = true;
        for (Notification target : targets) {
            String key = target.name() + " " + change;
            try {
                if (!stored.contains(key)) {
                    target.publish(change);
                    stored.add(key);
                }
            } catch (SqliteException e) {
                isStored = false;
                if (isStoring) {
                    LOG.warn(
                            "Notification {} of node {} not stored: {}; retrying until it is",
                            target.name(),
                            change.node(),
                            e.getMessage());
                }
            }
        }
        isStoring = isStored;
        if (isStored) {
            targets.forEach(target -> stored.remove(target.name() + " " + change));
        }
        return isStored;
    }
}
