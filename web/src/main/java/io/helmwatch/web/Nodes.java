package io.helmwatch.web;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The nodes of the cluster that this service is part of. Threading: any thread. */
public interface Nodes {

    /** Name of the cluster. */
    String cluster();

    /** The nodes now. */
    NodeList now();

    /** Whether a node is heard of. */
    enum State {
        /** It said in time that it is there. */
        ONLINE,
        /** It did not: it was killed, or is cut off from the broker. */
        SILENT
    }

    /**
     * The nodes at a time.
     *
     * @param cluster name of the cluster
     * @param node name of the node that answers
     * @param cameras number of cameras of the cluster
     * @param unassigned number of those that no node has
     * @param nodes by name
     */
    record NodeList(String cluster, String node, int cameras, int unassigned, List<Node> nodes) {}

    /**
     * A node.
     *
     * @param name its name
     * @param state whether it is heard of
     * @param version version of Helmwatch
     * @param weight share of the cameras that it takes, compared with the others
     * @param partitions partitions of the topic of cameras that it holds
     * @param cameras number of cameras that it has
     * @param openIncidents number of open incidents of these cameras
     * @param url address of its desk; null without one
     * @param startedAt when it started
     * @param heardAt when it was last heard of
     * @param processors processors of its machine or container
     * @param gpus names of the GPUs in use
     * @param backend what analyses frames; empty while it starts
     * @param coresInUse processors in use by the process, 1 is one core
     * @param memoryBytes memory of the process
     * @param wantedFps frames a second that should be analysed
     * @param analysedFps frames a second that are analysed
     */
    record Node(
            String name,
            State state,
            String version,
            int weight,
            int partitions,
            int cameras,
            int openIncidents,
            @Nullable String url,
            Instant startedAt,
            Instant heardAt,
            int processors,
            List<String> gpus,
            String backend,
            double coresInUse,
            long memoryBytes,
            double wantedFps,
            double analysedFps) {}
}
