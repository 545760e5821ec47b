package io.helmwatch.pipeline.backend;

import io.helmwatch.config.stream.StreamConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Assigns streams to devices.
 *
 * <p>A stream that names its device gets it. Every other one, in the order of the configuration, goes to the device that has the fewest streams
 * so far, to the first of those that have equally few. So the same configuration always gives the same placement, and streams added at the end of
 * it move none of the others. Sizes and rates are not weighed: they are not known before a camera was opened.
 *
 * <p>Threading: any thread.
 */
public final class StreamPlacement {
    private StreamPlacement() {}

    /**
     * Spreads streams over devices.
     *
     * @param devices indices, at least one
     * @return the streams of each device, devices in the order given, those without a stream left out; the first one where there is no stream
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
        if (streams.isEmpty()) {
            placed.keySet().retainAll(devices.subList(0, 1));
        } else {
            placed.values().removeIf(List::isEmpty);
        }
        return placed;
    }

    /**
     * The device of a stream that is added to others.
     *
     * @param named the device that the stream names; null where it names none
     * @param devices indices, at least one
     * @param used the device of each of the others
     * @throws IllegalStateException when the named device is not among them
     */
    public static int next(String stream, @Nullable Integer named, List<Integer> devices, List<Integer> used) {
        if (named != null) {
            if (!devices.contains(named)) {
                throw new IllegalStateException("stream " + stream + ": device " + named
                        + " is not among the GPUs in use, which are " + devices);
            }
            return named;
        }
        Map<Integer, Integer> counts = new LinkedHashMap<>();
        devices.forEach(device -> counts.put(device, 0));
        used.forEach(device -> counts.computeIfPresent(device, (index, count) -> count + 1));
        return leastLoaded(counts);
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
