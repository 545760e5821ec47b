package io.helmwatch.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HandOverTurnsTest {
    private static final Duration AFTER = Duration.ofSeconds(15);

    @ParameterizedTest
    @CsvSource({
        "0, -1",
        "14, -1",
        "15, 0",
        "24, 0",
        "25, 1",
        "64, 4",
        "65, -1", // the first cycle
        "74, -1",
        "75, 5",
        "85, 6",
        "125, -1", // the second, 60 s later
        "314, -1",
        "315, 10", // the third, 240 s later
        "915, 15",
        "1515, 20",
        "2115, 25" // and then every ten minutes
    })
    void shouldAskNodesInCyclesThatStartFurtherAndFurtherApart(int offlineSeconds, int turn) {
        assertThat(HandOverTurns.at(Duration.ofSeconds(offlineSeconds), AFTER)).isEqualTo(turn);
    }

    @Test
    void shouldAskOneNodeATurnAndInTimeEveryNode() {
        Set<String> nodes =
                new TreeSet<>(IntStream.range(0, 12).mapToObj(i -> "node-" + i).toList());
        Set<String> asked = new HashSet<>();
        for (int turn = 0; turn < 15; turn++) {
            int now = turn;
            List<String> chosen = nodes.stream()
                    .filter(node -> HandOverTurns.isOf(now, "gate", node, nodes))
                    .toList();
            assertThat(chosen).hasSize(1);
            asked.addAll(chosen);
        }
        assertThat(asked).isEqualTo(nodes);
        assertThat(HandOverTurns.isOf(-1, "gate", "node-1", nodes)).isFalse();
    }

    @Test
    void shouldAskEachOfFewNodesOnceACycle() {
        Set<String> nodes = Set.of("a", "b");
        long asked = IntStream.range(0, HandOverTurns.PER_CYCLE)
                .filter(turn -> HandOverTurns.isOf(turn, "gate", "a", nodes))
                .count();
        assertThat(asked).isEqualTo(1);
    }

    @Test
    void shouldSpreadTheCamerasOfOneNodeOverTheOthers() {
        List<String> nodes = List.of("a", "b", "c", "d");
        for (String node : nodes) {
            long first = IntStream.range(0, 400)
                    .filter(i -> HandOverTurns.isOf(0, "camera-" + i, node, nodes))
                    .count();
            assertThat(first).as(node).isBetween(60L, 140L);
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 15", "1, 30", "3, 120", "6, 600", "100, 600"})
    void shouldWaitTwiceAsLongAfterEachMove(int moves, int seconds) {
        assertThat(HandOverTurns.backedOff(AFTER, moves)).hasSeconds(seconds);
    }
}
