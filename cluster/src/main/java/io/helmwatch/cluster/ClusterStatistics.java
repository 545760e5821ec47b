package io.helmwatch.cluster;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * What the membership of this node looks like, for meters.
 *
 * <p>Threading: any thread; the members write, each its own part.
 */
public final class ClusterStatistics {
    private static final double NANOS = 1e9;

    private record Membership(int partitions, long heardNanos) {}

    private final LongSupplier nanoClock;
    private final Map<Integer, Membership> members = new ConcurrentHashMap<>();
    private final AtomicLong generation = new AtomicLong();
    private final LongAdder rebalances = new LongAdder();
    private final LongAdder lost = new LongAdder();
    private final Durations released = new Durations();
    private final Durations takenOver = new Durations();
    private final MoveStatistics moves = new MoveStatistics();
    private final AcknowledgementStatistics acknowledgements = new AcknowledgementStatistics(System::currentTimeMillis);

    /** How often something happened, and how long it took. */
    public static final class Durations {
        private final LongAdder count = new LongAdder();
        private final LongAdder nanos = new LongAdder();

        /** It happened once more. */
        public void add(long durationNanos) {
            count.increment();
            nanos.add(durationNanos);
        }

        /** How often it happened. */
        public long count() {
            return count.sum();
        }

        /** How long it took, over all. */
        public double totalSeconds() {
            return nanos.sum() / NANOS;
        }
    }

    /** Not a member. */
    public ClusterStatistics(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    /** The group gave a member its partitions, in a generation. */
    public void assigned(int member, int partitions, long inGeneration) {
        members.put(member, new Membership(partitions, nanoClock.getAsLong()));
        if (generation.getAndAccumulate(inGeneration, Math::max) < inGeneration) {
            rebalances.increment();
        }
    }

    /** The group coordinator accepted a request of a member. */
    public void heard(int member, long requestSentNanos) {
        members.computeIfPresent(member, (number, known) -> new Membership(known.partitions(), requestSentNanos));
    }

    /** A member holds fewer partitions, which it has handed over. */
    public void kept(int member, int partitions) {
        members.computeIfPresent(member, (number, known) -> new Membership(partitions, known.heardNanos()));
    }

    /** A member was removed from the group. */
    public void lost(int member) {
        if (members.remove(member) != null) {
            lost.increment();
        }
    }

    /** A member left the group. */
    public void left(int member) {
        members.remove(member);
    }

    /** Time in which cameras were stopped and their incidents delivered before another node took them over. */
    public Durations released() {
        return released;
    }

    /** Time from the assignment of partitions until their cameras were started. */
    public Durations takenOver() {
        return takenOver;
    }

    /** Cameras that moved otherwise than with their partition. */
    public MoveStatistics moves() {
        return moves;
    }

    /** Acknowledgements of this node and of the others. */
    public AcknowledgementStatistics acknowledgements() {
        return acknowledgements;
    }

    /** Members of the group that this node has. */
    public int members() {
        return members.size();
    }

    /** Partitions that this node holds. */
    public int partitions() {
        return members.values().stream().mapToInt(Membership::partitions).sum();
    }

    /** Newest generation of the group that this node knows; 0 before it has joined. */
    public long generation() {
        return generation.get();
    }

    /** Generations of the group that this node has seen begin. */
    public long rebalances() {
        return rebalances.sum();
    }

    /** How often members were removed from the group because the broker had not heard them in time. */
    public long timesLost() {
        return lost.sum();
    }

    /**
     * How long ago the group coordinator accepted the latest request of the member that it has not heard for longest; NaN while no member holds a
     * partition.
     */
    public double secondsSinceHeard() {
        long now = nanoClock.getAsLong();
        return members.values().stream()
                .filter(member -> member.partitions() > 0)
                .mapToDouble(member -> (now - member.heardNanos()) / NANOS)
                .max()
                .orElse(Double.NaN);
    }
}
