package io.helmwatch.cluster;

import io.helmwatch.vision.NodeEpoch;

/**
 * A camera that the node which has it cannot reach.
 *
 * @param id the stream's id
 * @param origin who has it, and since which epoch
 * @param sinceNanos since when this node knows, {@link System#nanoTime}
 */
public record OfflineCamera(String id, NodeEpoch origin, long sinceNanos) {}
