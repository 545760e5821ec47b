package io.helmwatch.cluster;

import java.util.Set;

/**
 * What a node has of the cluster.
 *
 * @param node its name
 * @param weight members of the group that it runs
 * @param partitions partitions that it holds
 */
public record NodeShare(String node, int weight, Set<Integer> partitions) {

    /** Keeps its own copy. */
    public NodeShare {
        partitions = Set.copyOf(partitions);
    }
}
