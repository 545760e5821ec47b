package io.helmwatch.pipeline.service;

import io.helmwatch.cluster.NodeLoad;
import io.helmwatch.cluster.kafka.ClusterNode;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.web.SystemState;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/** What this process says of itself as a node of a cluster. Threading: any thread. */
final class NodeIdentity {
    private NodeIdentity() {}

    /**
     * The identity of a node.
     *
     * @param desk where the desk listens; null without one
     * @param system asked for the load
     */
    static ClusterNode.Identity of(
            HelmwatchConfig config, String version, @Nullable InetSocketAddress desk, SystemState system) {
        ClusterConfig cluster = config.cluster();
        String configured = cluster == null ? null : cluster.address();
        String address = desk == null ? "" : configured == null ? address(desk) : configured;
        return new ClusterNode.Identity(version, address, config.http().tls() != null, () -> load(system.now()));
    }

    /** Where the other nodes reach a socket, as far as can be told from here. */
    private static String address(InetSocketAddress desk) {
        InetAddress bound = desk.getAddress();
        String host = desk.getHostString();
        if (bound != null && bound.isAnyLocalAddress()) {
            try {
                host = InetAddress.getLocalHost().getHostName();
            } catch (UnknownHostException e) {
                host = "127.0.0.1";
            }
        }
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + desk.getPort();
    }

    private static NodeLoad load(SystemState.Snapshot now) {
        return new NodeLoad(
                now.cpus(),
                now.gpus().stream().map(SystemState.Gpu::name).toList(),
                now.backend(),
                now.process().cpuCores(),
                now.process().residentBytes(),
                now.pipeline().wantedFps(),
                now.pipeline().analysedFps());
    }
}
