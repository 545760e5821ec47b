package io.helmwatch.cluster.kafka;

import io.helmwatch.cluster.Lease;
import io.helmwatch.cluster.MoveStatistics;
import io.helmwatch.cluster.StreamEpochTable;
import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.resource.ThreadStop;
import io.helmwatch.vision.NodeEpoch;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cameras that move to this node in order: removes each from the partition that it comes from, and waits until the node that has it there has stopped it. A
 * camera that is no longer there was asked for before, by this node or by one that held the partition earlier; it may start at once.
 *
 * <p>Threading: requests by any thread; a thread of its own does the work; {@link #close} by one thread.
 */
final class CameraArrivals implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CameraArrivals.class);

    /** A camera that was not released within it starts all the same: its node is gone, or cut off from the broker. */
    private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final long CHECK_MILLIS = 50;
    private static final long IDLE_MILLIS = 60_000;
    private static final long RETRY_MILLIS = 500;
    private static final long CLOSE_MILLIS = 1_000;

    private final KafkaConfig kafka;
    private final ClusterConfig cluster;
    private final StreamEpochTable states;
    private final MoveStatistics statistics;
    private final BlockingQueue<Arrival> requests = new LinkedBlockingQueue<>();
    private final Thread thread = new Thread(this::run, "cluster-arrivals");
    private volatile boolean closing;

    /** A camera that is to be released; {@code lease} covers the partition that it comes to. */
    private record Arrival(String camera, int from, int to, Lease lease, CompletableFuture<Void> released) {}

    /** Its node was asked at that time. */
    private record Asked(Arrival arrival, long nanos) {}

    /** Starts the thread. */
    CameraArrivals(KafkaConfig kafka, ClusterConfig cluster, StreamEpochTable states, MoveStatistics statistics) {
        this.kafka = kafka;
        this.cluster = cluster;
        this.states = states;
        this.statistics = statistics;
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Asks for the release of a camera. The result is done when the camera was released, at the latest ten seconds after its node could be asked; who
     * cancels it asks for it no longer.
     *
     * @param from the partition that it comes from
     * @param to the partition of this node that it comes to
     * @param lease covers that partition
     */
    Future<?> request(String camera, int from, int to, Lease lease) {
        CompletableFuture<Void> released = new CompletableFuture<>();
        requests.add(new Arrival(camera, from, to, lease, released));
        return released;
    }

    private void run() {
        List<Asked> asked = new ArrayList<>();
        try {
            while (!closing) {
                Arrival first = requests.poll(asked.isEmpty() ? IDLE_MILLIS : CHECK_MILLIS, TimeUnit.MILLISECONDS);
                if (first != null) {
                    List<Arrival> next = new ArrayList<>(List.of(first));
                    requests.drainTo(next);
                    ask(next, asked);
                }
                asked.removeIf(this::isOver);
            }
        } catch (InterruptedException | InterruptException end) {
            LOG.debug("No further camera is asked for");
        }
    }

    /** Asks for cameras; adds those that have to be waited for. What cannot be asked for now is requested again. */
    private void ask(List<Arrival> arrivals, List<Asked> asked) throws InterruptedException {
        Iterator<Arrival> each = arrivals.iterator();
        Arrival next = each.next();
        try (CameraDirectory directory = new CameraDirectory(kafka, cluster, ClusterClients.TIMEOUT)) {
            Map<String, List<CameraRecords.Copy>> copies = directory.copies();
            while (next != null) {
                if (isThere(next, copies)) {
                    if (next.lease().isValid() && !next.released().isDone()) {
                        directory.askForRelease(next.camera(), next.from(), next.to());
                        asked.add(new Asked(next, System.nanoTime()));
                    }
                } else {
                    next.released().complete(null);
                }
                next = each.hasNext() ? each.next() : null;
            }
        } catch (InterruptException e) {
            throw e;
        } catch (RuntimeException e) {
            if (!closing) {
                LOG.warn("Cameras that move here are not asked for: {}; retrying", e.getMessage());
            }
            if (next != null) {
                requests.add(next);
            }
            each.forEachRemaining(requests::add);
            TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
        }
    }

    private static boolean isThere(Arrival arrival, Map<String, List<CameraRecords.Copy>> copies) {
        return copies.getOrDefault(arrival.camera(), List.of()).stream()
                .anyMatch(copy -> copy.camera().partition() == arrival.from());
    }

    private boolean isOver(Asked asked) {
        String camera = asked.arrival().camera();
        long waited = System.nanoTime() - asked.nanos();
        boolean isReleased = states.isReleased(camera, System.currentTimeMillis());
        if (!isReleased && waited < LONGEST_NANOS && !asked.arrival().released().isDone()) {
            return false;
        }
        if (asked.arrival().released().complete(null)) {
            statistics.moved(MoveStatistics.Cause.REBALANCE);
            if (!isReleased) {
                LOG.warn(
                        "Camera {} moves here, and node {} has not released it within {} s: starting it anyway",
                        camera,
                        owner(camera),
                        TimeUnit.NANOSECONDS.toSeconds(LONGEST_NANOS));
            }
        }
        return true;
    }

    private String owner(String camera) {
        NodeEpoch owner = states.newest(camera);
        return owner == null ? "?" : owner.node();
    }

    /** Stops soon. */
    @Override
    public void close() {
        closing = true;
        ThreadStop.interruptAndJoin(thread, CLOSE_MILLIS);
    }
}
