package io.helmwatch.postprocess.tracking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class LinearAssignmentTest {

    @Test
    void shouldPreferTheCheapTotalOverTheCheapestPair() {
        LinearAssignment assignment = new LinearAssignment();
        assignment.reset(2, 2, 10);
        assignment.cost(0, 0, 1);
        assignment.cost(0, 1, 2);
        assignment.cost(1, 0, 2);
        assignment.cost(1, 1, 9);
        assignment.solve();
        assertThat(assignment.columnOf(0)).isEqualTo(1);
        assertThat(assignment.columnOf(1)).isZero();
    }

    @Test
    void shouldLeaveARowAloneRatherThanTakeAPairAtTheLimit() {
        LinearAssignment assignment = new LinearAssignment();
        assignment.reset(2, 2, 0.8);
        assignment.cost(0, 0, 0.1);
        assignment.cost(0, 1, 0.8);
        assignment.cost(1, 0, 0.7);
        assignment.solve();
        assertThat(assignment.columnOf(0)).isZero();
        assertThat(assignment.columnOf(1)).isEqualTo(-1);
    }

    @Test
    void shouldEqualBruteForceOnRandomProblemsOfEveryShape() {
        Random random = new Random(5);
        LinearAssignment assignment = new LinearAssignment();
        for (int round = 0; round < 2_000; round++) {
            int rows = 1 + random.nextInt(6);
            int columns = 1 + random.nextInt(6);
            double[][] costs = new double[rows][columns];
            assignment.reset(rows, columns, 0.8);
            for (int r = 0; r < rows; r++) {
                for (int c = 0; c < columns; c++) {
                    costs[r][c] = random.nextDouble();
                    assignment.cost(r, c, costs[r][c]);
                }
            }
            assignment.solve();
            double gain = 0;
            boolean[] used = new boolean[columns];
            for (int r = 0; r < rows; r++) {
                int column = assignment.columnOf(r);
                if (column >= 0) {
                    assertThat(used[column]).isFalse();
                    used[column] = true;
                    gain += 0.8 - costs[r][column];
                }
            }
            assertThat(gain).isCloseTo(bestGain(costs, 0, new boolean[columns]), within(1e-9));
        }
    }

    private static double bestGain(double[][] costs, int row, boolean[] used) {
        if (row == costs.length) {
            return 0;
        }
        double best = bestGain(costs, row + 1, used);
        for (int c = 0; c < used.length; c++) {
            if (!used[c] && costs[row][c] < 0.8) {
                used[c] = true;
                best = Math.max(best, 0.8 - costs[row][c] + bestGain(costs, row + 1, used));
                used[c] = false;
            }
        }
        return best;
    }
}
