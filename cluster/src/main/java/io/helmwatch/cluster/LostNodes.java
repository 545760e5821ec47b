package io.helmwatch.cluster;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Which nodes of a cluster are lost: those that have announced themselves no longer for as long as an announcement is valid. Counted by this machine's
 * monotonic clock from the arrival of the last announcement, so that clocks of nodes may differ, and only while this node's own announcements
 * arrive, so that an outage of the broker loses nobody.
 *
 * <p>A node that was reported as lost has that in its message of the topic ({@link #mark}), until it announces itself again.
 *
 * <p>Threading: calls are serialised.
 */
public final class LostNodes {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String LOST_AT = "lostAt";
    /** Two announcements and some delay: without one of its own for so long a node does not judge others. */
    private static final long OWN_NANOS = TimeUnit.SECONDS.toNanos(25);

    /** A node as it was heard of last. */
    private record Heard(NodeAnnouncement said, byte[] message, long atNanos, boolean isMarked) {}

    /**
     * A node that is lost.
     *
     * @param said what it said last
     * @param message the same as it is in the topic
     */
    public record Lost(NodeAnnouncement said, byte[] message) {}

    private final String cluster;
    private final String node;
    private final long startedMillis;
    private final Map<String, Heard> heard = new HashMap<>();
    /** When this node's own announcements began to arrive without a gap. */
    private long aliveSinceNanos;

    private long ownNanos;
    private boolean isAlive;
    /** When this node was heard of last before another reported it as lost; 0 where that did not happen, or is dealt with. */
    private long returnedFromMillis;

    private long dealtWithMillis;

    /**
     * No node so far.
     *
     * @param startedMillis announcements of this node that are older are of an earlier process, milliseconds since 1970 UTC
     */
    public LostNodes(String cluster, String node, long startedMillis) {
        this.cluster = cluster;
        this.node = node;
        this.startedMillis = startedMillis;
    }

    /**
     * A message of the topic.
     *
     * @param message null for a node that stopped in order
     */
    public synchronized void put(String name, byte @Nullable [] message, long nowNanos) {
        NodeAnnouncement said =
                message == null ? null : NodeAnnouncement.read(message).orElse(null);
        if (message == null
                || said == null
                || !said.cluster().equals(cluster)
                || !said.node().equals(name)) {
            heard.remove(name);
            return;
        }
        boolean isMarked = isMarked(message);
        if (name.equals(node)) {
            putOwn(said, isMarked, nowNanos);
        } else if (heard.containsKey(name) || heard.size() < NodeTable.MOST_NODES) {
            heard.put(name, new Heard(said, message, nowNanos, isMarked));
        }
    }

    private void putOwn(NodeAnnouncement said, boolean isMarked, long nowNanos) {
        if (isMarked) {
            returnedFromMillis = said.publishedMillis() > dealtWithMillis ? said.publishedMillis() : 0;
        } else if (said.publishedMillis() < startedMillis) {
            // An earlier process was back already.
            returnedFromMillis = 0;
        } else {
            if (!isAlive(nowNanos)) {
                aliveSinceNanos = nowNanos;
            }
            isAlive = true;
            ownNanos = nowNanos;
        }
    }

    private boolean isAlive(long nowNanos) {
        return isAlive && nowNanos - ownNanos <= OWN_NANOS;
    }

    /** The nodes that are lost and not reported yet. */
    public synchronized List<Lost> lost(long nowNanos) {
        if (!isAlive(nowNanos)) {
            return List.of();
        }
        return heard.values().stream()
                .filter(other -> !other.isMarked() && isSilent(other, nowNanos))
                .map(other -> new Lost(other.said(), other.message()))
                .toList();
    }

    private boolean isSilent(Heard other, long nowNanos) {
        long validMillis = other.said().validUntilMillis() - other.said().publishedMillis();
        long silentNanos = Math.min(nowNanos - other.atNanos(), nowNanos - aliveSinceNanos);
        return silentNanos > TimeUnit.MILLISECONDS.toNanos(validMillis);
    }

    /** When this node was heard of last before it was reported as lost, milliseconds since 1970 UTC; 0 where it was not, or that is dealt with. */
    public synchronized long returnedFromMillis() {
        return returnedFromMillis;
    }

    /** It was reported that this node is back. */
    public synchronized void reportedBack(long heardMillis) {
        dealtWithMillis = Math.max(dealtWithMillis, heardMillis);
        if (returnedFromMillis <= dealtWithMillis) {
            returnedFromMillis = 0;
        }
    }

    /** The message of a node with the remark that it was reported as lost. */
    public static byte[] mark(Lost lost, long nowMillis) {
        try {
            ObjectNode fields = (ObjectNode) JSON.readTree(lost.message());
            String text = Instant.ofEpochMilli(nowMillis)
                    .truncatedTo(ChronoUnit.MILLIS)
                    .toString();
            fields.put(LOST_AT, text.contains(".") ? text : text.substring(0, text.length() - 1) + ".000Z");
            return JSON.writeValueAsString(fields).getBytes(StandardCharsets.UTF_8);
        } catch (IOException impossible) {
            throw new IllegalStateException("the message was read before", impossible);
        }
    }

    private static boolean isMarked(byte[] message) {
        try {
            return JSON.readTree(message).has(LOST_AT);
        } catch (IOException e) {
            return false;
        }
    }
}
