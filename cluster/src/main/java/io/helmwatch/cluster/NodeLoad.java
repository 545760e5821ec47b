package io.helmwatch.cluster;

import java.util.List;

/**
 * What a node has and how much of it is in use.
 *
 * @param processors processors of the machine or container
 * @param gpus names of the GPUs in use
 * @param backend what analyses frames, such as {@code cpu}; empty while it starts
 * @param coresInUse processors in use by the process, 1 is one core
 * @param memoryBytes memory of the process
 * @param wantedFps frames a second that should be analysed
 * @param analysedFps frames a second that are analysed
 */
public record NodeLoad(
        int processors,
        List<String> gpus,
        String backend,
        double coresInUse,
        long memoryBytes,
        double wantedFps,
        double analysedFps) {

    /** Nothing is known. */
    public static final NodeLoad UNKNOWN = new NodeLoad(0, List.of(), "", 0, 0, 0, 0);

    /** Keeps its own copy. */
    public NodeLoad {
        gpus = List.copyOf(gpus);
    }
}
