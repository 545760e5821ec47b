package io.helmwatch.pipeline.cli.cluster;

import io.helmwatch.cluster.CameraChanges;
import io.helmwatch.cluster.CameraPlacement;
import io.helmwatch.cluster.NodeShare;
import io.helmwatch.cluster.PlacedCamera;
import io.helmwatch.cluster.StreamEpochTable;
import io.helmwatch.cluster.StreamState;
import io.helmwatch.cluster.kafka.CameraDirectory;
import io.helmwatch.config.stream.SharedCameras;
import io.helmwatch.pipeline.cli.option.CommandFailure;
import io.helmwatch.resource.Quantity;
import io.helmwatch.vision.NodeEpoch;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The cameras of a cluster. */
@Command(
        name = "cameras",
        description = "Lists and changes the cameras that the nodes of a cluster share.",
        subcommands = {
            CamerasCommand.ListCommand.class,
            CamerasCommand.ApplyCommand.class,
            CamerasCommand.RebalanceCommand.class
        })
public final class CamerasCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        throw CommandFailure.usage("cameras: expected list, apply or rebalance");
    }

    private static void summary(String text) {
        System.err.println("helmwatch: " + text);
    }

    /** One line a camera. */
    @Command(name = "list", description = "Lists the cameras: id, partition, node and state.")
    static final class ListCommand implements Callable<Integer> {
        @Mixin
        private ClusterOptions options = new ClusterOptions();

        @Override
        public Integer call() {
            return options.with(directory -> {
                List<PlacedCamera> cameras = directory.cameras();
                StreamEpochTable states = directory.states();
                long now = System.currentTimeMillis();
                for (PlacedCamera camera : cameras) {
                    System.out.println(line(camera, states, now));
                }
                summary(Quantity.of(cameras.size(), "camera"));
                return 0;
            });
        }
    }

    private static String line(PlacedCamera camera, StreamEpochTable states, long nowMillis) {
        NodeEpoch owner = states.newest(camera.id());
        StreamState state = states.state(camera.id());
        String place = camera.id() + " partition=" + camera.partition();
        return owner == null || state == null || state.isExpired(nowMillis)
                ? place + " node=- state=unknown"
                : place + " node=" + owner.node() + " state=" + state.state();
    }

    /** Makes the topic have what the file has. */
    @Command(
            name = "apply",
            description =
                    "Makes the cluster have exactly the streams of the file: shows the difference, then adds, changes"
                            + " and removes.")
    static final class ApplyCommand implements Callable<Integer> {
        @Mixin
        private ClusterOptions options = new ClusterOptions();

        @Option(
                names = "--dry-run",
                description = "Shows the difference only. Topics that are missing are created all the same.")
        private boolean isDryRun;

        @Override
        public Integer call() {
            return options.with(directory -> {
                List<PlacedCamera> present = directory.cameras();
                CameraChanges changes = CameraChanges.between(present, wanted());
                show(changes);
                if (!isDryRun && !changes.isEmpty()) {
                    write(directory, present, changes);
                }
                summary(changes.added().size() + " added, " + changes.changed().size() + " changed, "
                        + changes.removed().size() + " removed, " + changes.unchanged() + " unchanged"
                        + (isDryRun ? "; nothing was written" : ""));
                return 0;
            });
        }

        private Map<String, String> wanted() {
            Map<String, String> wanted = new TreeMap<>();
            SharedCameras.of(options.file()).forEach((id, settings) -> wanted.put(id, PlacedCamera.text(settings)));
            return wanted;
        }

        private static void show(CameraChanges changes) {
            changes.removed().forEach(camera -> System.out.println("- " + camera.id()));
            changes.changed().forEach(camera -> System.out.println("~ " + camera.id()));
            changes.added().keySet().forEach(id -> System.out.println("+ " + id));
        }

        private static void write(CameraDirectory directory, List<PlacedCamera> present, CameraChanges changes) {
            Set<String> staying = present.stream()
                    .filter(camera -> !changes.removed().contains(camera))
                    .map(PlacedCamera::id)
                    .collect(Collectors.toSet());
            changes.removed().forEach(camera -> directory.remove(camera, !staying.contains(camera.id())));
            changes.changed().forEach(directory::put);
            List<PlacedCamera> left = new ArrayList<>(present);
            left.removeAll(changes.removed());
            CameraPlacement placement = new CameraPlacement(directory.partitions(), left, directory.nodes());
            changes.added().forEach((id, settings) -> directory.put(new PlacedCamera(id, placement.place(), settings)));
        }
    }

    /** Moves a few cameras. */
    @Command(
            name = "rebalance",
            description = "Moves cameras from the fullest nodes to the emptiest, one after the other.")
    static final class RebalanceCommand implements Callable<Integer> {
        private static final long RELEASE_MILLIS = 20_000;

        @Mixin
        private ClusterOptions options = new ClusterOptions();

        @Option(
                names = "--max",
                paramLabel = "N",
                defaultValue = "10",
                description = "Most cameras to move. Default: ${DEFAULT-VALUE}.")
        private int most;

        @Override
        public Integer call() {
            return options.with(directory -> {
                List<PlacedCamera> present = directory.cameras();
                List<NodeShare> nodes = directory.nodes();
                List<CameraPlacement.Move> moves =
                        new CameraPlacement(directory.partitions(), present, nodes).moves(present, most);
                int moved = 0;
                for (CameraPlacement.Move move : moves) {
                    boolean isReleased = directory.move(move, RELEASE_MILLIS);
                    moved += isReleased ? 1 : 0;
                    System.out.println(
                            move.camera().id() + " partition=" + move.camera().partition() + " -> " + move.toPartition()
                                    + (isReleased ? "" : " ordered, not released yet"));
                }
                summary(moved + " of " + Quantity.of(present.size(), "camera") + " moved"
                        + (moved == moves.size() ? "" : ", " + (moves.size() - moved) + " ordered"));
                return 0;
            });
        }
    }
}
