package io.helmwatch.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CameraPlacementTest {
    private static final int PARTITIONS = 8;

    private static PlacedCamera camera(String id, int partition) {
        return new PlacedCamera(id, partition, "{}");
    }

    private static NodeShare node(String name, int weight, Integer... partitions) {
        return new NodeShare(name, weight, Set.of(partitions));
    }

    @Test
    void shouldPlaceNewCameraOnTheNodeWithTheMostRoom() {
        List<NodeShare> nodes = List.of(node("a", 1, 0, 1, 2, 3), node("b", 1, 4, 5, 6, 7));
        CameraPlacement placement =
                new CameraPlacement(PARTITIONS, List.of(camera("x", 4), camera("y", 5), camera("z", 0)), nodes);

        assertThat(List.of(placement.place(), placement.place(), placement.place()))
                .as("node a has one camera less, then both have two")
                .containsExactly(2, 1, 6);
    }

    @Test
    void shouldGiveNodeOfTwiceTheWeightTwiceTheCameras() {
        List<NodeShare> nodes = List.of(node("heavy", 2, 0, 1, 2, 3), node("light", 1, 4, 5));
        CameraPlacement placement = new CameraPlacement(PARTITIONS, List.of(), nodes);

        int heavy = 0;
        for (int i = 0; i < 30; i++) {
            heavy += placement.place() < 4 ? 1 : 0;
        }

        assertThat(heavy).isEqualTo(20);
    }

    @Test
    void shouldPlaceInTheEmptiestPartitionWhileNoNodeRuns() {
        CameraPlacement placement = new CameraPlacement(2, List.of(camera("x", 0)), List.of());

        assertThat(List.of(placement.place(), placement.place(), placement.place()))
                .containsExactly(1, 0, 1);
    }

    @Test
    void shouldSpreadCamerasOverTheRangesThatNodesWillHold() {
        CameraPlacement placement = new CameraPlacement(64, List.of(), List.of());

        assertThat(List.of(placement.place(), placement.place(), placement.place(), placement.place()))
                .containsExactly(0, 32, 16, 48);
    }

    @Test
    void shouldMoveCamerasUntilNodesHaveTheirShare() {
        List<PlacedCamera> present = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            present.add(camera("c" + i, i % 4));
        }
        present.add(camera("c9", 4));
        List<NodeShare> nodes = List.of(node("a", 1, 0, 1, 2, 3), node("b", 1, 4, 5, 6, 7));

        List<CameraPlacement.Move> moves = new CameraPlacement(PARTITIONS, present, nodes).moves(present, 100);

        assertThat(moves)
                .hasSize(4)
                .allSatisfy(move -> assertThat(move.toPartition()).isBetween(4, 7));
        assertThat(new CameraPlacement(PARTITIONS, present, nodes).moves(present, 2))
                .as("a few at a time")
                .hasSize(2);
    }

    @Test
    void shouldMoveNothingWhereAMoveWouldOnlyExchangeRoles() {
        List<PlacedCamera> present = List.of(camera("x", 0), camera("y", 1), camera("z", 4));
        List<NodeShare> nodes = List.of(node("a", 1, 0, 1), node("b", 1, 4, 5));

        assertThat(new CameraPlacement(PARTITIONS, present, nodes).moves(present, 10))
                .isEmpty();
    }

    @Test
    void shouldFindWhatToAddChangeAndRemove() {
        List<PlacedCamera> present = List.of(
                new PlacedCamera("same", 0, "{\"a\":1}"),
                new PlacedCamera("other", 1, "{\"a\":1}"),
                new PlacedCamera("gone", 2, "{}"));

        CameraChanges changes =
                CameraChanges.between(present, Map.of("same", "{\"a\":1}", "other", "{\"a\":2}", "new", "{}"));

        assertThat(changes.added()).containsExactly(Map.entry("new", "{}"));
        assertThat(changes.changed()).containsExactly(new PlacedCamera("other", 1, "{\"a\":2}"));
        assertThat(changes.removed()).containsExactly(present.get(2));
        assertThat(changes.unchanged()).isEqualTo(1);
    }

    @Test
    void shouldRemoveSecondCopyThatAnInterruptedMoveLeft() {
        List<PlacedCamera> present = List.of(camera("twice", 0), camera("twice", 3));

        CameraChanges changes = CameraChanges.between(present, Map.of("twice", "{}"));

        assertThat(changes.removed()).containsExactly(present.get(1));
        assertThat(changes.unchanged()).isEqualTo(1);
    }
}
