package io.helmwatch.cluster.kafka;

import io.helmwatch.cluster.ClusterStatistics;
import io.helmwatch.cluster.Lease;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.function.IntToLongFunction;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The partitions of a member with the settings of their cameras, as far as they were read. A partition that was read to its end is started: from then
 * on its cameras follow what is read. A camera that moves here starts once it was released where it comes from.
 *
 * <p>Threading: the member's thread. Ownership: the queue of cameras and the arrivals belong to the caller.
 */
final class HeldPartitions {
    private final CameraQueue cameras;
    private final CameraArrivals arrivals;
    private final ClusterStatistics statistics;
    private final Map<Integer, Held> held = new HashMap<>();

    private static final class Held {
        final Map<String, String> settings = new LinkedHashMap<>();
        /** Where cameras come from that have not been asked for there. */
        final Map<String, Integer> origins = new HashMap<>();
        /** Cameras that have been asked for; done when they may start. */
        final Map<String, Future<?>> arriving = new HashMap<>();

        final long assignedNanos = System.nanoTime();
        boolean isStarted;
        long nextOffset;

        /** The camera does not move here, or no longer; whether it did. */
        boolean withdraw(String camera) {
            origins.remove(camera);
            Future<?> asked = arriving.remove(camera);
            return asked != null && asked.cancel(false);
        }
    }

    HeldPartitions(CameraQueue cameras, CameraArrivals arrivals, ClusterStatistics statistics) {
        this.cameras = cameras;
        this.arrivals = arrivals;
        this.statistics = statistics;
    }

    int count() {
        return held.size();
    }

    boolean isEmpty() {
        return held.isEmpty();
    }

    List<Integer> all() {
        return List.copyOf(held.keySet());
    }

    /** Partitions that nothing was read of so far. */
    void add(Collection<Integer> partitions) {
        partitions.forEach(partition -> held.put(partition, new Held()));
    }

    /** Forgets partitions; returns the cameras that they had. */
    List<String> remove(Collection<Integer> partitions) {
        return partitions.stream()
                .map(held::remove)
                .filter(partition -> partition != null)
                .flatMap(partition -> {
                    List.copyOf(partition.arriving.keySet()).forEach(partition::withdraw);
                    return partition.settings.keySet().stream();
                })
                .toList();
    }

    /**
     * A record of the topic of cameras.
     *
     * @param generation generation of the group
     * @param lease covers the partitions
     */
    void apply(ConsumerRecord<byte[], byte[]> record, long generation, Lease lease) {
        Held partition = held.get(record.partition());
        if (partition == null || record.key() == null) {
            return;
        }
        partition.nextOffset = record.offset() + 1;
        String camera = new String(record.key(), StandardCharsets.UTF_8);
        if (record.value() == null) {
            boolean isKnown = partition.settings.remove(camera) != null;
            partition.withdraw(camera);
            if (isKnown && partition.isStarted) {
                stop(record, camera);
            }
            return;
        }
        String settings = new String(record.value(), StandardCharsets.UTF_8);
        String before = partition.settings.put(camera, settings);
        int from = CameraRecords.movedFrom(record, partition.isStarted);
        boolean isWithdrawn = from == CameraRecords.NOWHERE && partition.withdraw(camera);
        if (from != CameraRecords.NOWHERE && before == null) {
            partition.origins.put(camera, from);
        }
        if (partition.isStarted && (isWithdrawn || !settings.equals(before))) {
            start(record.partition(), partition, camera, settings, generation, lease);
        }
    }

    private void start(int number, Held partition, String camera, String settings, long generation, Lease lease) {
        Integer from = partition.origins.remove(camera);
        if (from != null) {
            partition.arriving.put(camera, arrivals.request(camera, from, number, lease));
        } else if (!partition.arriving.containsKey(camera)) {
            cameras.put(number, camera, settings, generation, lease);
        }
    }

    private void stop(ConsumerRecord<byte[], byte[]> record, String camera) {
        if (record.headers().lastHeader(CameraRecords.MOVED_TO) == null) {
            cameras.remove(record.partition(), camera);
        } else if (record.headers().lastHeader(CameraRecords.TAKEN_BY) != null) {
            cameras.yield(record.partition(), camera);
        } else {
            cameras.move(record.partition(), camera);
        }
    }

    /**
     * Starts the cameras of partitions that were read to their end, and cameras that have arrived.
     *
     * @param lag records of a partition that are not read yet; negative where that is not known
     */
    void startDue(IntToLongFunction lag, long generation, Lease lease) {
        for (Map.Entry<Integer, Held> entry : held.entrySet()) {
            Held partition = entry.getValue();
            startArrived(entry.getKey(), partition, generation, lease);
            if (partition.isStarted || !lease.isValid() || lag.applyAsLong(entry.getKey()) != 0) {
                continue;
            }
            partition.isStarted = true;
            partition.settings.forEach(
                    (camera, settings) -> start(entry.getKey(), partition, camera, settings, generation, lease));
            if (!partition.settings.isEmpty()) {
                cameras.afterwards(() -> statistics.takenOver().add(System.nanoTime() - partition.assignedNanos));
            }
        }
    }

    private void startArrived(int number, Held partition, long generation, Lease lease) {
        if (partition.arriving.isEmpty() || !lease.isValid()) {
            return;
        }
        partition.settings.forEach((camera, settings) -> {
            Future<?> asked = partition.arriving.get(camera);
            if (asked != null && asked.isDone()) {
                partition.arriving.remove(camera);
                cameras.put(number, camera, settings, generation, lease);
            }
        });
    }

    /** The partitions whose cameras were started. */
    Set<Integer> started() {
        return held.entrySet().stream()
                .filter(partition -> partition.getValue().isStarted)
                .map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet());
    }

    /** The offset after the last record that was read, by partition. */
    Map<Integer, Long> nextOffsets() {
        return held.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, partition -> partition.getValue().nextOffset));
    }
}
