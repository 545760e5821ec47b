package io.helmwatch.cluster;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which partition a camera goes to. A node has the more room, the fewer cameras it has for each unit of its weight; within a node the emptiest
 * partition is taken. Without nodes only the partitions count.
 *
 * <p>Threading: one thread.
 */
public final class CameraPlacement {
    private static final int LEAST_SURPLUS = 2;
    private static final double SURPLUS = 0.1;

    private final int[] cameras;
    private final List<NodeShare> nodes;

    /** A move of a camera to another partition. */
    public record Move(PlacedCamera camera, int toPartition) {}

    /**
     * As the cameras lie now.
     *
     * @param partitions number of partitions of the topic
     * @param nodes what the nodes hold; may be empty
     */
    public CameraPlacement(int partitions, Collection<PlacedCamera> present, Collection<NodeShare> nodes) {
        this.cameras = new int[partitions];
        present.forEach(camera -> cameras[camera.partition()]++);
        this.nodes = nodes.stream()
                .filter(node -> !node.partitions().isEmpty())
                .sorted(Comparator.comparing(NodeShare::node))
                .toList();
    }

    /** The partition for another camera, which is counted from now on. */
    public int place() {
        int partition = emptiest(candidates());
        cameras[partition]++;
        return partition;
    }

    private Set<Integer> candidates() {
        Set<Integer> all = new HashSet<>();
        for (int partition = 0; partition < cameras.length; partition++) {
            all.add(partition);
        }
        return nodes.stream()
                .min(Comparator.comparingDouble(this::load).thenComparing(NodeShare::node))
                .map(NodeShare::partitions)
                .orElse(all);
    }

    /**
     * Of several that are as empty, the first in the order of the reversed bits (0, 32, 16, 48, …): nodes hold ranges of partitions, and each range has
     * its share of the cameras then.
     */
    private int emptiest(Set<Integer> partitions) {
        return partitions.stream()
                .min(Comparator.comparingInt((Integer partition) -> cameras[partition])
                        .thenComparing(
                                (one, other) -> Integer.compareUnsigned(Integer.reverse(one), Integer.reverse(other))))
                .orElseThrow();
    }

    private double load(NodeShare node) {
        return (double) count(node) / node.weight();
    }

    private int count(NodeShare node) {
        return node.partitions().stream()
                .mapToInt(partition -> cameras[partition])
                .sum();
    }

    /** Whether a node has at least two cameras, and a tenth, more than its share. */
    public boolean isUneven() {
        int weights = nodes.stream().mapToInt(NodeShare::weight).sum();
        int all = nodes.stream().mapToInt(this::count).sum();
        return nodes.stream().anyMatch(node -> {
            double share = (double) all * node.weight() / weights;
            return count(node) - share >= Math.max(LEAST_SURPLUS, SURPLUS * share);
        });
    }

    /**
     * Moves that bring the nodes closer to their share, at most so many; empty when every move would only exchange the roles of two nodes.
     *
     * @param present the cameras that may be moved
     */
    public List<Move> moves(Collection<PlacedCamera> present, int most) {
        Map<Integer, List<PlacedCamera>> byPartition = new HashMap<>();
        present.forEach(camera -> byPartition
                .computeIfAbsent(camera.partition(), partition -> new ArrayList<>())
                .add(camera));
        List<Move> moves = new ArrayList<>();
        while (moves.size() < most && nodes.size() > 1) {
            NodeShare fullest =
                    nodes.stream().max(Comparator.comparingDouble(this::load)).orElseThrow();
            NodeShare roomiest =
                    nodes.stream().min(Comparator.comparingDouble(this::load)).orElseThrow();
            double after = (count(roomiest) + 1.0) / roomiest.weight();
            if (after >= load(fullest)) {
                break;
            }
            int from = fullest.partitions().stream()
                    .max(Comparator.comparingInt(partition ->
                            byPartition.getOrDefault(partition, List.of()).size()))
                    .orElseThrow();
            List<PlacedCamera> source = byPartition.getOrDefault(from, List.of());
            if (source.isEmpty()) {
                break;
            }
            int to = emptiest(roomiest.partitions());
            PlacedCamera moved = source.remove(source.size() - 1);
            cameras[from]--;
            cameras[to]++;
            moves.add(new Move(moved, to));
        }
        return List.copyOf(moves);
    }
}
