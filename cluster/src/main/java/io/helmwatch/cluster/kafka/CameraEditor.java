package io.helmwatch.cluster.kafka;

import io.helmwatch.cluster.CameraPlacement;
import io.helmwatch.cluster.CameraTable;
import io.helmwatch.cluster.ClusterView;
import io.helmwatch.cluster.PlacedCamera;
import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.sink.KafkaConfig;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Changes cameras of the cluster one at a time, from within a node. A change is in the node's own view when the method returns.
 *
 * <p>Every method throws an {@link IllegalStateException} with one sentence when the change was not made: the broker does not answer, or somebody
 * else changes the same camera.
 *
 * <p>Threading: any thread; a second change waits for the first for at most two seconds. A change takes as long as the broker does, at most about
 * fifteen seconds.
 */
public final class CameraEditor {
    private static final long TURN_SECONDS = 2;
    private static final long SEEN_MILLIS = 5_000;
    private static final long CHECK_MILLIS = 20;

    private final KafkaConfig kafka;
    private final ClusterConfig cluster;
    private final ClusterView view;
    private final ReentrantLock turn = new ReentrantLock();

    /**
     * Connects with each change.
     *
     * @param kafka with the address of the broker
     */
    public CameraEditor(KafkaConfig kafka, ClusterConfig cluster, ClusterView view) {
        this.kafka = kafka;
        this.cluster = cluster;
        this.view = view;
    }

    /**
     * Adds a camera to the emptiest partition of the node that has the most room. When another node adds one of the same id at the same time, at
     * least one of both is withdrawn.
     */
    public void add(String camera, String settings) {
        change(directory -> {
            CameraTable cameras = view.cameras();
            CameraPlacement placement = new CameraPlacement(directory.partitions(), cameras.all(), directory.nodes());
            PlacedCamera placed = new PlacedCamera(camera, placement.place(), settings);
            directory.put(placed);
            long written = System.nanoTime();
            await(() -> view.isReadSince().test(written));
            if (cameras.copies(camera).size() > 1) {
                directory.remove(placed, false);
                throw new IllegalStateException(
                        "camera " + camera + " was added on another node at the same time: look at it, and try again");
            }
        });
    }

    /** Gives a camera other settings; it stays in its partition. */
    public void replace(PlacedCamera camera, String settings) {
        change(directory -> {
            PlacedCamera replaced = new PlacedCamera(camera.id(), camera.partition(), settings);
            directory.put(replaced);
            await(() -> view.cameras().copies(camera.id()).contains(replaced));
        });
    }

    /** Removes a camera from all partitions that have it, then its state. */
    public void remove(String camera) {
        change(directory -> {
            List<PlacedCamera> copies = view.cameras().copies(camera);
            for (int i = 0; i < copies.size(); i++) {
                directory.remove(copies.get(i), i == copies.size() - 1);
            }
            await(() -> view.cameras().copies(camera).isEmpty());
        });
    }

    private void change(Consumer<CameraDirectory> change) {
        try {
            if (!turn.tryLock(TURN_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException("another camera is being changed: try again in some seconds");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while another camera is changed", e);
        }
        try (CameraDirectory directory = new CameraDirectory(kafka, cluster, ClusterClients.TIMEOUT)) {
            change.accept(directory);
        } finally {
            turn.unlock();
        }
    }

    /** What was written and is not seen in time will be: the reader of the topic is behind. */
    private static void await(BooleanSupplier isSeen) {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(SEEN_MILLIS);
        try {
            while (!isSeen.getAsBoolean() && System.nanoTime() - until < 0) {
                TimeUnit.MILLISECONDS.sleep(CHECK_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
