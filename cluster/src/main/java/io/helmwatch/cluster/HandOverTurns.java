package io.helmwatch.cluster;

import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Whose turn it is to try a camera that its node cannot reach. Nodes are asked one after the other, {@value #TURN_SECONDS} s apart, at most
 * {@value #PER_CYCLE} in a cycle; cycles start further and further apart, at most {@value #LONGEST_PAUSE_SECONDS} s. Each node computes the same from
 * the same names, so that nobody has to be told.
 *
 * <p>Threading: stateless.
 */
public final class HandOverTurns {
    static final int PER_CYCLE = 5;
    static final long TURN_SECONDS = 10;
    static final long LONGEST_PAUSE_SECONDS = 600;
    private static final int GROWTH = 4;
    private static final int MOST_DOUBLINGS = 16;
    private static final int MIX = 0x9E3779B9;

    private HandOverTurns() {}

    /**
     * Number of the turn.
     *
     * @param offline how long the camera has been out of reach
     * @param after time from which on other nodes are asked
     * @return from 0 on, {@value #PER_CYCLE} to a cycle; -1 before the first and between cycles
     */
    public static int at(Duration offline, Duration after) {
        long age = offline.toSeconds();
        long start = after.toSeconds();
        long pause = Math.max(start, TURN_SECONDS);
        for (int cycle = 0; age >= start; cycle++) {
            long turn = (age - start) / TURN_SECONDS;
            if (turn < PER_CYCLE) {
                return cycle * PER_CYCLE + (int) turn;
            }
            pause = Math.min(LONGEST_PAUSE_SECONDS, pause * GROWTH);
            start += Math.max(pause, PER_CYCLE * TURN_SECONDS);
        }
        return -1;
    }

    /**
     * Whether a turn is a node's.
     *
     * @param turn its number
     * @param node the node
     * @param others all nodes but the one that has the camera, this node among them
     */
    public static boolean isOf(int turn, String camera, String node, Collection<String> others) {
        if (turn < 0 || turn % PER_CYCLE >= others.size()) {
            return false;
        }
        List<String> order = others.stream()
                .sorted(Comparator.comparingInt((String other) -> rank(camera, other))
                        .thenComparing(Comparator.naturalOrder()))
                .toList();
        return order.get(turn % order.size()).equals(node);
    }

    /** Spreads the cameras of one node over all others. */
    private static int rank(String camera, String node) {
        int hash = (camera + '/' + node).hashCode() * MIX;
        return (hash ^ hash >>> Short.SIZE) * MIX;
    }

    /**
     * How long a camera must be out of reach before it is taken over again.
     *
     * @param after for the first time
     * @param moves how often it was taken over within the last hour
     */
    public static Duration backedOff(Duration after, int moves) {
        long seconds = after.toSeconds() << Math.min(moves, MOST_DOUBLINGS);
        return Duration.ofSeconds(Math.min(Math.max(after.toSeconds(), LONGEST_PAUSE_SECONDS), seconds));
    }
}
