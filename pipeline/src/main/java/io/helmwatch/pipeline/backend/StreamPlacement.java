package io.helmwatch.pipeline.backend;

import io.helmwatch.config.StreamConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Assigns streams to devices.
 *
 * <p>A stream that names its device gets it. Every other one, in the order of the configuration, goes to the device that has the fewest streams
 * so far, to the first of those that have equally few. So the same configuration always gives the same placement, and streams added at the end of
 * it move none of the others. Sizes and rates are not weighed: they are not known before a camera was opened.
 */
public final class StreamPlacement {
    private StreamPlacement() {}

    /**
     * Spreads streams over devices.
     *
     * @param devices indices, at least one
     * @return the streams of each device, devices in the order given, those without a stream left out
     * @throws IllegalStateException when a stream names a device that is not among them
     */
    public static Map<Integer, List<StreamConfig>> spread(List<StreamConfig> streams, List<Integer> devices) {
        Map<Integer, List<StreamConfig>> placed = new LinkedHashMap<>();
        devices.forEach(device -> placed.put(device, new ArrayList<>()));
        Map<Integer, Integer> counts = new LinkedHashMap<>();
        devices.forEach(device -> counts.put(device, 0));
        for (StreamConfig stream : streams) {
            Integer own = stream.device();
            if (own != null && counts.computeIfPresent(own, (device, count) -> count + 1) == null) {
                throw new IllegalStateException("stream " + stream.id() + ": device " + own
                        + " is not among the GPUs in use, which are " + devices);
            }
        }
        for (StreamConfig stream : streams) {
            Integer own = stream.device();
            int device = own == null ? leastLoaded(counts) : own;
            if (own == null) {
                counts.merge(device, 1, Integer::sum);
            }
            placed.getOrDefault(device, List.of()).add(stream);
        }
        placed.values().removeIf(List::isEmpty);
        return placed;
    }

    private static int leastLoaded(Map<Integer, Integer> counts) {
        int least = -1;
        int smallest = Integer.MAX_VALUE;
        for (Map.Entry<Integer, Integer> count : counts.entrySet()) {
            if (count.getValue() < smallest) {
                smallest = count.getValue();
                least = count.getKey();
            }
        }
        return least;
    }
}
