package io.helmwatch.cluster.kafka;

import io.helmwatch.cluster.CameraRunner;
import io.helmwatch.cluster.Lease;
import io.helmwatch.cluster.OpenIncidentTable;
import io.helmwatch.cluster.OwnedStreams;
import io.helmwatch.cluster.StreamEpochTable;
import io.helmwatch.resource.Quantity;
import io.helmwatch.vision.NodeEpoch;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts and stops cameras in the order in which the members of the group ask for it, on one thread, so that a member never waits for a camera.
 *
 * <p>Threading: any thread; the runner is called by the queue's thread.
 */
final class CameraQueue implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CameraQueue.class);
    /** Between attempts to end incidents of a lost node. */
    private static final long RETRY_SECONDS = 2;

    private final String node;
    private final CameraRunner runner;
    private final OwnedStreams owned;
    private final StreamEpochTable states;
    private final OpenIncidentTable openIncidents;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread created = new Thread(task, "cluster-cameras");
        created.setDaemon(true);
        return created;
    });
    /** Partition of every camera that runs; changed by the queue's thread only. */
    private final Map<String, Integer> running = new ConcurrentHashMap<>();

    CameraQueue(
            String node,
            CameraRunner runner,
            OwnedStreams owned,
            StreamEpochTable states,
            OpenIncidentTable openIncidents) {
        this.node = node;
        this.runner = runner;
        this.owned = owned;
        this.states = states;
        this.openIncidents = openIncidents;
    }

    /**
     * Starts a camera, or gives it other settings when it runs.
     *
     * @param generation generation of the group
     * @param lease covers the partition
     */
    void put(int partition, String camera, String settings, long generation, Lease lease) {
        execute(() -> {
            if (running.put(camera, partition) != null) {
                runner.change(camera, settings);
                return;
            }
            NodeEpoch before = states.newest(camera);
            if (before != null && !before.node().equals(node)) {
                runner.takeOver(camera, states.outage(camera));
            }
            NodeEpoch origin = owned.acquire(camera, node, generation, lease);
            runner.start(camera, settings);
            endOrphans(camera, origin, false);
        });
    }

    /** Ends what a lost node left open; tried again while this node cannot store it, since nobody else would end it. */
    private void endOrphans(String camera, NodeEpoch origin, boolean isRetry) {
        List<byte[]> orphans = origin.equals(owned.origin(camera)) ? openIncidents.leftTo(origin, camera) : List.of();
        if (orphans.isEmpty()) {
            return;
        }
        try {
            runner.endOrphans(camera, orphans, origin);
        } catch (RuntimeException e) {
            if (!isRetry) {
                LOG.error(
                        "Camera {}: {} of a lost node not ended, retried every {} s: {}",
                        camera,
                        Quantity.of(orphans.size(), "incident"),
                        RETRY_SECONDS,
                        e.getMessage(),
                        e);
            }
            var unusedFuture = thread.schedule(() -> endOrphans(camera, origin, true), RETRY_SECONDS, TimeUnit.SECONDS);
        }
    }

    /** Stops a camera that no longer exists. */
    void remove(int partition, String camera) {
        execute(() -> {
            if (running.remove(camera, partition)) {
                runner.remove(camera);
                owned.release(List.of(camera));
            }
        });
    }

    /** Stops a camera that was moved to another partition. */
    void move(int partition, String camera) {
        execute(() -> {
            if (running.remove(camera, partition)) {
                runner.release(List.of(camera));
                owned.release(List.of(camera));
            }
        });
    }

    /** Stops a camera that another node has taken over already. */
    void yield(int partition, String camera) {
        execute(() -> {
            if (running.remove(camera, partition)) {
                owned.lose(List.of(camera));
                runner.abandon(List.of(camera));
                owned.release(List.of(camera));
            }
        });
    }

    /** Starts a camera again that another node had in between and has no longer. */
    void takeBack(String camera, String settings) {
        execute(() -> {
            if (!running.containsKey(camera) || !owned.doublyOwned().contains(camera)) {
                return;
            }
            owned.lose(List.of(camera));
            runner.abandon(List.of(camera));
            NodeEpoch origin = owned.takeBack(camera);
            if (origin != null) {
                runner.start(camera, settings);
                endOrphans(camera, origin, false);
            }
        });
    }

    /** Number of cameras of a partition that run. */
    int count(int partition) {
        return (int) running.values().stream().filter(of -> of == partition).count();
    }

    /** Partition of a camera; -1 for one that does not run here. */
    int partition(String camera) {
        return running.getOrDefault(camera, -1);
    }

    /** Stops the cameras of a partition that another node takes over; done when they have stopped and their incidents are delivered. */
    Future<?> release(List<Integer> partitions) {
        return submit(() -> {
            List<String> cameras = take(partitions);
            runner.release(cameras);
            owned.release(cameras);
        });
    }

    /** Fences the cameras of partitions that were lost, at once, and stops them. */
    void lose(List<Integer> partitions, List<String> cameras) {
        owned.lose(cameras);
        execute(() -> {
            List<String> stopped = take(partitions);
            owned.lose(stopped);
            runner.abandon(stopped);
            owned.release(stopped);
        });
    }

    /** Does something after what was asked before. */
    void afterwards(Runnable task) {
        execute(task);
    }

    private List<String> take(List<Integer> partitions) {
        List<String> cameras = running.entrySet().stream()
                .filter(camera -> partitions.contains(camera.getValue()))
                .map(Map.Entry::getKey)
                .toList();
        cameras.forEach(running::remove);
        return cameras;
    }

    private void execute(Runnable task) {
        var unusedFuture = submit(task);
    }

    /** Does something after what was asked before; done at once when the queue is closed. */
    private Future<?> submit(Runnable task) {
        try {
            return thread.submit(() -> {
                try {
                    task.run();
                } catch (RuntimeException e) {
                    LOG.error("Camera not started or stopped: {}", e.getMessage(), e);
                }
            });
        } catch (RejectedExecutionException e) {
            return CompletableFuture.completedFuture(null);
        }
    }

    /** Starts nothing more; the cameras are stopped by who owns them. */
    @Override
    public void close() {
        thread.shutdownNow();
        try {
            thread.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
