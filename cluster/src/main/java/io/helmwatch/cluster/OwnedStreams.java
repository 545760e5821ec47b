package io.helmwatch.cluster;

import io.helmwatch.vision.NodeEpoch;
import io.helmwatch.vision.StreamOwnership;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The streams that this node has, each with its epoch and the lease that covers it; and the verdict about messages that waited.
 *
 * <p>A message of a stream that this node has, and has had since, is current while the lease is valid, and waits while it is not. A message of a
 * stream that this node no longer has is compared with the newest epoch in the topic of stream states, once that topic has been read beyond the
 * moment at which the stream was lost.
 *
 * <p>Threading: {@link #acquire}, {@link #release} and {@link #lose} by one thread; the verdict by any, without waiting.
 */
public final class OwnedStreams implements StreamOwnership {
    private record Owned(NodeEpoch origin, Lease lease) {}

    private final StreamEpochTable table;
    private final LongPredicate isReadSince;
    private final LongSupplier nanoClock;
    private final long startNanos;
    private final Map<String, Owned> owned = new ConcurrentHashMap<>();
    /** When streams were lost. */
    private final Map<String, Long> lost = new ConcurrentHashMap<>();

    /**
     * Has no stream so far.
     *
     * @param isReadSince whether the table has all that was in the topic at that time of the monotonic clock
     */
    public OwnedStreams(StreamEpochTable table, LongPredicate isReadSince, LongSupplier nanoClock) {
        this.table = table;
        this.isReadSince = isReadSince;
        this.nanoClock = nanoClock;
        this.startNanos = nanoClock.getAsLong();
    }

    /**
     * This node takes a stream over; what waited of earlier times on this node is superseded.
     *
     * @param generation generation of the group
     * @return its epoch: the generation, or one more than the newest epoch that is known where that is larger
     */
    public NodeEpoch acquire(String stream, String node, long generation, Lease lease) {
        NodeEpoch newest = table.newest(stream);
        Owned before = owned.get(stream);
        long epoch = Math.max(generation, newest == null ? 0 : newest.epoch() + 1);
        NodeEpoch origin = new NodeEpoch(
                node, before == null ? epoch : Math.max(epoch, before.origin().epoch() + 1));
        lost.remove(stream);
        owned.put(stream, new Owned(origin, lease));
        return origin;
    }

    /**
     * This node goes on with a stream that another node had in between, under a new epoch: messages with its earlier one are not heeded any more.
     *
     * @return its epoch; null where this node does not have the stream
     */
    public @Nullable NodeEpoch takeBack(String stream) {
        Owned before = owned.get(stream);
        return before == null
                ? null
                : acquire(stream, before.origin().node(), before.origin().epoch(), before.lease());
    }

    /** The streams have stopped on this node. */
    public void release(Collection<String> streams) {
        streams.forEach(owned::remove);
    }

    /** This node was removed from the group: another one may have the streams. Their messages keep their stamp until they have stopped here. */
    public void lose(Collection<String> streams) {
        long now = nanoClock.getAsLong();
        streams.forEach(stream -> lost.putIfAbsent(stream, now));
    }

    /** The streams that this node has for sure, but that another node took over later: they are in two partitions, or were. */
    public List<String> doublyOwned() {
        return owned.entrySet().stream()
                .filter(stream -> stream.getValue().lease().isValid())
                .filter(stream -> {
                    NodeEpoch newest = table.newest(stream.getKey());
                    NodeEpoch own = stream.getValue().origin();
                    return newest != null && !newest.node().equals(own.node()) && newest.epoch() > own.epoch();
                })
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Number of streams that this node has. */
    public int count() {
        return owned.size();
    }

    @Override
    public @Nullable NodeEpoch origin(String stream) {
        Owned current = owned.get(stream);
        return current == null ? null : current.origin();
    }

    @Override
    public Verdict verdict(String stream, @Nullable NodeEpoch origin) {
        if (origin == null) {
            return Verdict.CURRENT;
        }
        Owned current = owned.get(stream);
        Long since = lost.get(stream);
        if (current != null && current.origin().equals(origin) && since == null) {
            return current.lease().isValid() ? Verdict.CURRENT : Verdict.UNDECIDED;
        }
        if (current != null && current.origin().epoch() > origin.epoch()) {
            return Verdict.SUPERSEDED;
        }
        if (!isReadSince.test(since == null ? startNanos : since)) {
            return Verdict.UNDECIDED;
        }
        NodeEpoch newest = table.newest(stream);
        return newest != null && newest.epoch() > origin.epoch() ? Verdict.SUPERSEDED : Verdict.CURRENT;
    }
}
