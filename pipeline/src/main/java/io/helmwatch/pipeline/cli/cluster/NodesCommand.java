package io.helmwatch.pipeline.cli.cluster;

import io.helmwatch.cluster.Arrival;
import io.helmwatch.cluster.NodeAnnouncement;
import io.helmwatch.cluster.NodeShare;
import io.helmwatch.cluster.PlacedCamera;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The nodes of a cluster, one line each. */
@Command(name = "nodes", description = "Lists the nodes of a cluster: weight, partitions, cameras, version, address.")
public final class NodesCommand implements Callable<Integer> {
    @Mixin
    private ClusterOptions options = new ClusterOptions();

    @Override
    public Integer call() {
        return options.with(directory -> {
            List<PlacedCamera> cameras = directory.cameras();
            Map<String, String> announced = new TreeMap<>(directory.announcements());
            for (NodeShare node : directory.nodes()) {
                long count = cameras.stream()
                        .filter(camera -> node.partitions().contains(camera.partition()))
                        .count();
                System.out.println(node.node() + " weight=" + node.weight() + " partitions="
                        + node.partitions().size() + " cameras=" + count + described(announced.remove(node.node())));
            }
            announced.forEach(
                    (name, message) -> System.out.println(name + " is not in the group" + described(message)));
            return 0;
        });
    }

    private static String described(@Nullable String message) {
        if (message == null) {
            return "";
        }
        return NodeAnnouncement.read(message.getBytes(StandardCharsets.UTF_8))
                .map(said -> said.heard(Arrival.now(false)))
                .map(said -> " version=" + said.version() + " address=" + said.address()
                        + (said.isSilent(System.currentTimeMillis())
                                ? " silent-since=" + Instant.ofEpochMilli(said.publishedMillis())
                                : ""))
                .orElse(" and says nothing that can be read");
    }
}
