package io.helmwatch.sinks.notify;

/**
 * A node of a cluster that is lost, or back.
 *
 * @param cluster the cluster's name
 * @param node the node's name
 * @param isBack whether it is back
 * @param sinceMillis when it was heard of last before it was lost, milliseconds since 1970 UTC
 * @param cameras cameras that it had then; 0 for one that is back
 */
public record NodeChange(String cluster, String node, boolean isBack, long sinceMillis, int cameras) {}
