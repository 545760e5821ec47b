package io.helmwatch.cluster.kafka;

import io.helmwatch.cluster.CameraRunner;
import io.helmwatch.cluster.HandOverTurns;
import io.helmwatch.cluster.MoveStatistics;
import io.helmwatch.cluster.OfflineCamera;
import io.helmwatch.cluster.OwnedStreams;
import io.helmwatch.cluster.StreamEpochTable;
import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.resource.ThreadStop;
import io.helmwatch.vision.NodeEpoch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes cameras over from nodes that cannot reach them: when it is this node's {@linkplain HandOverTurns turn}, it tries to get a picture, and where
 * that succeeds it moves the camera to one of its own partitions. A camera that nobody reaches stays where it is. The record is written first, so that
 * no crash loses a camera; a node that sees that one of its cameras was taken over removes its own copy.
 *
 * <p>Threading: a thread of its own, and some for the attempts; {@link #close} by one thread.
 */
final class HandOver implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HandOver.class);
    private static final long PERIOD_MILLIS = 1_000;
    private static final int ATTEMPTS_AT_ONCE = 8;
    /** Longer than it takes until the message of a take-over is read. */
    private static final long DOUBLE_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final long LONGEST_PAUSE_NANOS = TimeUnit.MINUTES.toNanos(5);

    private static final long CLOSE_MILLIS = 1_000;

    private final KafkaConfig kafka;
    private final ClusterConfig cluster;
    private final StreamEpochTable states;
    private final OwnedStreams owned;
    private final CameraQueue cameras;
    private final CameraRunner runner;
    private final Supplier<Set<Integer>> partitions;
    private final MoveStatistics statistics;
    private final ExecutorService attempts = Executors.newFixedThreadPool(ATTEMPTS_AT_ONCE, task -> {
        Thread created = new Thread(task, "cluster-hand-over-attempt");
        created.setDaemon(true);
        return created;
    });
    private final Thread thread = new Thread(this::run, "cluster-hand-over");
    private volatile boolean closing;

    /** An attempt to reach a camera. */
    private record Attempt(OfflineCamera camera, CameraRecords.Copy copy, Future<Boolean> isReached) {}

    // Owned by the thread.
    /** The turn in which a camera was tried last. */
    private final Map<String, Integer> tried = new HashMap<>();
    /** When a camera that is seen to be in two partitions is looked at next. */
    private final Map<String, Look> twice = new HashMap<>();

    /**
     * A look at a camera.
     *
     * @param pauseNanos how long it is after the one before
     */
    private record Look(long atNanos, long pauseNanos) {
        /** The next one, after a pause twice as long: what is not resolved by then needs time. */
        Look next(long nowNanos) {
            long pause = Math.min(LONGEST_PAUSE_NANOS, 2 * pauseNanos);
            return new Look(nowNanos + pause, pause);
        }
    }

    /** Starts the thread. */
    HandOver(
            KafkaConfig kafka,
            ClusterConfig cluster,
            StreamEpochTable states,
            OwnedStreams owned,
            CameraQueue cameras,
            CameraRunner runner,
            Supplier<Set<Integer>> partitions,
            MoveStatistics statistics) {
        this.kafka = kafka;
        this.cluster = cluster;
        this.states = states;
        this.owned = owned;
        this.cameras = cameras;
        this.runner = runner;
        this.partitions = partitions;
        this.statistics = statistics;
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        try {
            while (!closing) {
                TimeUnit.MILLISECONDS.sleep(PERIOD_MILLIS);
                work();
            }
        } catch (InterruptedException | InterruptException end) {
            LOG.debug("No further camera is taken over");
        }
    }

    private void work() throws InterruptedException {
        List<OfflineCamera> due = due();
        List<String> surplus = surplus();
        if (due.isEmpty() && surplus.isEmpty()) {
            return;
        }
        try (CameraDirectory directory = new CameraDirectory(kafka, cluster)) {
            Map<String, List<CameraRecords.Copy>> copies = directory.copies();
            surplus.forEach(camera -> removeSurplus(directory, camera, copies.getOrDefault(camera, List.of())));
            take(directory, due, copies);
        } catch (InterruptException e) {
            throw e;
        } catch (RuntimeException e) {
            due.forEach(camera -> tried.remove(camera.id()));
            if (!closing) {
                LOG.warn("Cameras that other nodes cannot reach not taken over: {}; retrying", e.getMessage());
            }
        }
    }

    /** Cameras of other nodes that this node has to try now. */
    private List<OfflineCamera> due() {
        if (partitions.get().isEmpty()) {
            return List.of();
        }
        List<OfflineCamera> due = new ArrayList<>();
        Set<String> offline = new HashSet<>();
        Set<String> nodes = null;
        long now = System.nanoTime();
        for (OfflineCamera camera : states.offline()) {
            offline.add(camera.id());
            int turn = HandOverTurns.at(Duration.ofNanos(now - camera.sinceNanos()), cluster.handOverAfter());
            if (turn < 0
                    || camera.origin().node().equals(cluster.node())
                    || tried.getOrDefault(camera.id(), -1) == turn) {
                continue;
            }
            if (nodes == null) {
                nodes = states.nodes(System.currentTimeMillis());
                nodes.add(cluster.node());
            }
            Set<String> others = new HashSet<>(nodes);
            others.remove(camera.origin().node());
            if (due.size() < ATTEMPTS_AT_ONCE && HandOverTurns.isOf(turn, camera.id(), cluster.node(), others)) {
                tried.put(camera.id(), turn);
                due.add(camera);
            }
        }
        tried.keySet().retainAll(offline);
        return due;
    }

    private void take(CameraDirectory directory, List<OfflineCamera> due, Map<String, List<CameraRecords.Copy>> copies)
            throws InterruptedException {
        List<Attempt> started = new ArrayList<>();
        for (OfflineCamera camera : due) {
            List<CameraRecords.Copy> found = copies.getOrDefault(camera.id(), List.of());
            if (found.size() != 1) {
                // It is being moved, or its record is not read yet: the turn is not over.
                tried.remove(camera.id());
            } else if (isDue(camera, found.get(0))) {
                String settings = found.get(0).camera().settings();
                started.add(new Attempt(
                        camera, found.get(0), attempts.submit(() -> runner.reaches(camera.id(), settings))));
            }
        }
        for (Attempt attempt : started) {
            OfflineCamera camera = attempt.camera();
            try {
                if (attempt.isReached().get()) {
                    take(directory, camera, attempt.copy());
                } else {
                    LOG.info(
                            "Camera {} of node {} is not reached from here either",
                            camera.id(),
                            camera.origin().node());
                }
            } catch (ExecutionException e) {
                LOG.debug("Camera {} not tried", camera.id(), e);
            }
        }
    }

    private boolean isDue(OfflineCamera camera, CameraRecords.Copy copy) {
        Duration needed =
                HandOverTurns.backedOff(cluster.handOverAfter(), copy.recentMoves(System.currentTimeMillis()));
        return System.nanoTime() - camera.sinceNanos() >= needed.toNanos();
    }

    private void take(CameraDirectory directory, OfflineCamera camera, CameraRecords.Copy copy) {
        boolean isStillOffline = states.offline().stream()
                .anyMatch(now -> now.id().equals(camera.id()) && now.origin().equals(camera.origin()));
        Set<Integer> own = partitions.get();
        Optional<Integer> emptiest = own.stream().min(Comparator.comparingInt(cameras::count));
        if (isStillOffline
                && emptiest.isPresent()
                && !own.contains(copy.camera().partition())) {
            directory.take(copy, emptiest.get(), cluster.node());
            statistics.moved(MoveStatistics.Cause.HAND_OVER);
            LOG.warn(
                    "Camera {} taken over from node {}, which cannot reach it",
                    camera.id(),
                    camera.origin().node());
        }
    }

    /** Cameras of this node that another node has from another partition, for longer than a take-over lasts. */
    private List<String> surplus() {
        long now = System.nanoTime();
        List<String> found = owned.doublyOwned();
        twice.keySet().retainAll(found);
        found.forEach(camera -> twice.putIfAbsent(camera, new Look(now + DOUBLE_NANOS, DOUBLE_NANOS)));
        List<String> due = twice.entrySet().stream()
                .filter(camera -> now - camera.getValue().atNanos() > 0)
                .map(Map.Entry::getKey)
                .toList();
        due.forEach(camera -> twice.computeIfPresent(camera, (id, look) -> look.next(now)));
        return due;
    }

    private void removeSurplus(CameraDirectory directory, String camera, List<CameraRecords.Copy> copies) {
        int own = cameras.partition(camera);
        NodeEpoch newest = states.newest(camera);
        if (newest == null || !partitions.get().contains(own)) {
            return;
        }
        Optional<CameraRecords.Copy> other =
                copies.stream().filter(copy -> copy.camera().partition() != own).findFirst();
        if (other.isEmpty()) {
            takeBack(camera, newest, copies);
        } else {
            directory.giveUp(camera, own, other.get().camera().partition(), newest.node());
            LOG.warn("Camera {} was in two partitions: node {} keeps it", camera, newest.node());
        }
    }

    /** Nobody else is to have the camera: once the other node has released it, this one needs a newer epoch than that node had. */
    private void takeBack(String camera, NodeEpoch newest, List<CameraRecords.Copy> copies) {
        if (copies.size() == 1 && states.isReleased(camera, System.currentTimeMillis())) {
            LOG.warn(
                    "Camera {}: node {} had it in between; started again, so that what is sent of it counts",
                    camera,
                    newest.node());
            cameras.takeBack(camera, copies.get(0).camera().settings());
        }
    }

    /** Stops soon; an attempt that runs is not waited for. */
    @Override
    public void close() {
        closing = true;
        ThreadStop.interruptAndJoin(thread, CLOSE_MILLIS);
        attempts.shutdownNow();
    }
}
