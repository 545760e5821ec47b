package io.helmwatch.cluster;

import java.util.function.LongPredicate;

/**
 * What the topics of a cluster say of all its nodes, cameras and open incidents.
 *
 * <p>Threading: any thread; reading waits for nothing.
 *
 * @param node name of the node that looks
 * @param cameras the cameras
 * @param nodes the nodes
 * @param states the last states of the streams
 * @param openIncidents the open incidents
 * @param isReadSince whether the topic of cameras was read as far as it was at that time of {@link System#nanoTime}
 */
public record ClusterView(
        String node,
        CameraTable cameras,
        NodeTable nodes,
        StreamEpochTable states,
        OpenIncidentTable openIncidents,
        LongPredicate isReadSince) {}
