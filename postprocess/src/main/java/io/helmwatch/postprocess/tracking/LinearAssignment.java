package io.helmwatch.postprocess.tracking;

import java.util.Arrays;

/**
 * Assigns rows to columns at the smallest total cost: the Hungarian method as successive shortest augmenting paths with
 * potentials (Kuhn 1955, Munkres 1957; in this form Jonker and Volgenant 1987), O(rows² · columns).
 *
 * <p>An optimal assignment rather than a greedy one: two heads that pass each other have a cheap wrong pair whose remaining pair
 * is expensive, and greedy assignment swaps their identities. With 20 boxes it takes a few microseconds.
 *
 * <p>Costs at or above the limit mean "unassigned": they are clamped to the limit before solving and discarded afterwards, which
 * equals leaving a row and a column unassigned at that cost.
 *
 * <p>Threading: one thread. Nothing is allocated once the arrays have grown to the largest problem.
 */
final class LinearAssignment {
    private double[] costs = new double[0];
    private double[] rowPotential = new double[0];
    private double[] columnPotential = new double[0];
    private double[] shortest = new double[0];
    private int[] rowOfColumn = new int[0];
    private int[] previousColumn = new int[0];
    private boolean[] visited = new boolean[0];
    private int[] columnOfRow = new int[0];

    /** Starts a problem; every cost is the limit until {@link #cost} sets it. */
    void reset(int rows, int columns, double limit) {
        int cells = rows * columns;
        if (costs.length < cells) {
            costs = new double[Math.max(cells, 2 * costs.length)];
        }
        Arrays.fill(costs, 0, cells, limit);
        int side = Math.max(rows, columns) + 1;
        if (columnPotential.length < side) {
            int grown = Math.max(side, 2 * columnPotential.length);
            rowPotential = new double[grown];
            columnPotential = new double[grown];
            shortest = new double[grown];
            rowOfColumn = new int[grown];
            previousColumn = new int[grown];
            visited = new boolean[grown];
            columnOfRow = new int[grown];
        }
        this.rows = rows;
        this.columns = columns;
        this.limit = limit;
    }

    private int rows;
    private int columns;
    private double limit;

    /** Sets the cost of a pair. */
    void cost(int row, int column, double value) {
        costs[row * columns + column] = Math.min(value, limit);
    }

    /** Solves; afterwards {@link #columnOf} answers. */
    void solve() {
        Arrays.fill(columnOfRow, 0, rows, -1);
        // The method needs at least as many columns as rows: otherwise the two change places.
        boolean transposed = rows > columns;
        int n = transposed ? columns : rows;
        int m = transposed ? rows : columns;
        Arrays.fill(rowPotential, 0, n + 1, 0);
        Arrays.fill(columnPotential, 0, m + 1, 0);
        Arrays.fill(rowOfColumn, 0, m + 1, 0);
        for (int row = 1; row <= n; row++) {
            augment(row, m, transposed);
        }
        for (int column = 1; column <= m; column++) {
            int row = rowOfColumn[column];
            if (row == 0) {
                continue;
            }
            int r = transposed ? column - 1 : row - 1;
            int c = transposed ? row - 1 : column - 1;
            if (costs[r * columns + c] < limit) {
                columnOfRow[r] = c;
            }
        }
    }

    /** Index 0 of the column arrays is the root of the path, so rows and columns count from 1 in here. */
    private void augment(int newRow, int m, boolean transposed) {
        rowOfColumn[0] = newRow;
        Arrays.fill(shortest, 0, m + 1, Double.POSITIVE_INFINITY);
        Arrays.fill(visited, 0, m + 1, false);
        int column = 0;
        do {
            visited[column] = true;
            int row = rowOfColumn[column];
            double delta = Double.POSITIVE_INFINITY;
            int next = 0;
            for (int j = 1; j <= m; j++) {
                if (visited[j]) {
                    continue;
                }
                double cost = transposed ? costs[(j - 1) * columns + row - 1] : costs[(row - 1) * columns + j - 1];
                double reduced = cost - rowPotential[row] - columnPotential[j];
                if (reduced < shortest[j]) {
                    shortest[j] = reduced;
                    previousColumn[j] = column;
                }
                if (shortest[j] < delta) {
                    delta = shortest[j];
                    next = j;
                }
            }
            for (int j = 0; j <= m; j++) {
                if (visited[j]) {
                    rowPotential[rowOfColumn[j]] += delta;
                    columnPotential[j] -= delta;
                } else {
                    shortest[j] -= delta;
                }
            }
            column = next;
        } while (rowOfColumn[column] != 0);
        while (column != 0) {
            int from = previousColumn[column];
            rowOfColumn[column] = rowOfColumn[from];
            column = from;
        }
    }

    /** The column of a row, or -1 when the row is unassigned. */
    int columnOf(int row) {
        return columnOfRow[row];
    }
}
