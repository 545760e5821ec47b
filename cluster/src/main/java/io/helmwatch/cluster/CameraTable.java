package io.helmwatch.cluster;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The cameras of all nodes, as their topic tells them. While a camera moves it may be in two partitions, in whatever order these are read; which
 * of them is shown does not matter then.
 *
 * <p>Memory: the settings as they are in the topic. Settings of more than {@value #LONGEST_SETTINGS} bytes are not kept.
 *
 * <p>Threading: {@link #put} by one thread, reading by any.
 */
public final class CameraTable {
    /** Longest settings of a camera that are shown, as long as a request may be. */
    public static final int LONGEST_SETTINGS = 256 * 1024;

    private final Map<Integer, Map<String, PlacedCamera>> byPartition = new ConcurrentHashMap<>();

    /**
     * A message of the topic.
     *
     * @param settings JSON; null for a camera that left the partition
     */
    public void put(int partition, String camera, byte @Nullable [] settings) {
        Map<String, PlacedCamera> cameras = byPartition.computeIfAbsent(partition, number -> new ConcurrentHashMap<>());
        if (settings == null || settings.length > LONGEST_SETTINGS) {
            cameras.remove(camera);
        } else {
            cameras.put(camera, new PlacedCamera(camera, partition, new String(settings, StandardCharsets.UTF_8)));
        }
    }

    /** Every camera in every partition that has it, in no particular order. */
    public List<PlacedCamera> all() {
        List<PlacedCamera> all = new ArrayList<>();
        byPartition.values().forEach(cameras -> all.addAll(cameras.values()));
        return all;
    }

    /** A camera in the partitions that have it: one, or while it moves two. */
    public List<PlacedCamera> copies(String camera) {
        List<PlacedCamera> copies = new ArrayList<>();
        for (Map<String, PlacedCamera> cameras : byPartition.values()) {
            PlacedCamera copy = cameras.get(camera);
            if (copy != null) {
                copies.add(copy);
            }
        }
        return copies;
    }

    /** A camera; empty where there is none of this id. */
    public Optional<PlacedCamera> find(String camera) {
        return copies(camera).stream().findFirst();
    }
}
