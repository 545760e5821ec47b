package io.helmwatch.pipeline.backend.cuda;

/**
 * Decides from samples of load whether a stream moves from a GPU's video engines to the CPU, or back.
 *
 * <p>Threading: one thread.
 */
final class EngineBalance {
    /** Utilisation of the engines, in percent, from which on they are full. */
    private static final double FULL_PERCENT = 97;

    /** Below this a further stream finds room; a stream takes about a percent. */
    private static final double ROOM_PERCENT = 85;

    /** Shares of all cores below which a further stream is decoded there, and above which one leaves them. */
    private static final double CPU_FREE = 0.7;

    private static final double CPU_FULL = 0.9;

    /** Samples in a row that count. */
    private static final int SAMPLES_FULL = 2;

    private static final int SAMPLES_ROOM = 10;

    private int full;
    private int room;
    private int crowded;

    /** What to do. */
    enum Move {
        /** Nothing. */
        NONE,
        /** More streams on the CPU. */
        TO_CPU,
        /** One stream back to the video engines. */
        TO_ENGINES
    }

    /**
     * Takes a sample.
     *
     * @param enginePercent utilisation of the video engines, 0..100; NaN where unknown
     * @param cpuLoad share of all cores in use, 0..1; below 0 where unknown
     */
    Move sample(double enginePercent, double cpuLoad) {
        full = enginePercent >= FULL_PERCENT && cpuLoad >= 0 && cpuLoad <= CPU_FREE ? full + 1 : 0;
        room = enginePercent <= ROOM_PERCENT ? room + 1 : 0;
        crowded = cpuLoad >= CPU_FULL ? crowded + 1 : 0;
        Move move = Move.NONE;
        if (full >= SAMPLES_FULL) {
            move = Move.TO_CPU;
        } else if (room >= SAMPLES_ROOM || crowded >= SAMPLES_FULL) {
            move = Move.TO_ENGINES;
        }
        if (move != Move.NONE) {
            full = 0;
            room = 0;
            crowded = 0;
        }
        return move;
    }
}
