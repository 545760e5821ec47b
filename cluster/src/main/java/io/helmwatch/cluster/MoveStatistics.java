package io.helmwatch.cluster;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * How cameras moved between nodes other than with their partition, for meters.
 *
 * <p>Threading: any thread.
 */
public final class MoveStatistics {
    /** Why a camera moved to this node. */
    public enum Cause {
        /** A command or the automatic rebalance ordered it. */
        REBALANCE,
        /** The node that had it could not reach it. */
        HAND_OVER
    }

    /** Why the automatic rebalance of this node did not move cameras although the nodes had uneven numbers of them. */
    public enum Refusal {
        /** A node cannot reach one of its cameras. */
        OFFLINE,
        /** A camera was taken over within the last hour. */
        HAND_OVER,
        /** The cameras of the fullest node are not online or have open incidents. */
        BUSY,
        /** A camera that was moved did not come online on its new node. */
        NOT_ONLINE
    }

    private final Map<Cause, LongAdder> moves = new EnumMap<>(Cause.class);
    private final Map<Refusal, LongAdder> refusals = new EnumMap<>(Refusal.class);

    /** Nothing has moved. */
    MoveStatistics() {
        for (Cause cause : Cause.values()) {
            moves.put(cause, new LongAdder());
        }
        for (Refusal refusal : Refusal.values()) {
            refusals.put(refusal, new LongAdder());
        }
    }

    private static LongAdder of(Map<?, LongAdder> counts, Enum<?> key) {
        LongAdder count = counts.get(key);
        if (count == null) {
            throw new IllegalArgumentException("no count of " + key);
        }
        return count;
    }

    /** A camera moved to this node. */
    public void moved(Cause cause) {
        of(moves, cause).increment();
    }

    /** The automatic rebalance moved nothing, or stopped. */
    public void refused(Refusal refusal) {
        of(refusals, refusal).increment();
    }

    /** Cameras that moved to this node. */
    public long moves(Cause cause) {
        return of(moves, cause).sum();
    }

    /** How often the automatic rebalance moved nothing, or stopped. */
    public long refusals(Refusal refusal) {
        return of(refusals, refusal).sum();
    }
}
