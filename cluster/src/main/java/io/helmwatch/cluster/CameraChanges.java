package io.helmwatch.cluster;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What has to change in the topic so that it has exactly the wanted cameras. A camera that is in several partitions, which a write that was
 * interrupted can leave, stays in one of them.
 *
 * @param added settings of new cameras by id
 * @param changed cameras with their new settings
 * @param removed cameras that are no longer wanted, and surplus copies
 * @param unchanged number of cameras that stay as they are
 */
public record CameraChanges(
        Map<String, String> added, List<PlacedCamera> changed, List<PlacedCamera> removed, int unchanged) {

    /**
     * Compares.
     *
     * @param present what the topic has
     * @param wanted settings by id, in the same normal form
     */
    public static CameraChanges between(Collection<PlacedCamera> present, Map<String, String> wanted) {
        Map<String, String> added = new TreeMap<>(wanted);
        List<PlacedCamera> changed = new ArrayList<>();
        List<PlacedCamera> removed = new ArrayList<>();
        Map<String, PlacedCamera> kept = new HashMap<>();
        int unchanged = 0;
        for (PlacedCamera camera : present) {
            String settings = wanted.get(camera.id());
            if (settings == null || kept.putIfAbsent(camera.id(), camera) != null) {
                removed.add(camera);
            } else if (settings.equals(camera.settings())) {
                unchanged++;
            } else {
                changed.add(new PlacedCamera(camera.id(), camera.partition(), settings));
            }
            added.remove(camera.id());
        }
        return new CameraChanges(added, List.copyOf(changed), List.copyOf(removed), unchanged);
    }

    /** Whether the topic has the wanted cameras already. */
    public boolean isEmpty() {
        return added.isEmpty() && changed.isEmpty() && removed.isEmpty();
    }
}
