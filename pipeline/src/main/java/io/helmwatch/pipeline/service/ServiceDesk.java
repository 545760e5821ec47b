package io.helmwatch.pipeline.service;

import io.helmwatch.cluster.kafka.ClusterNode;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.http.AccessConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.pipeline.desk.DeskNotifications;
import io.helmwatch.pipeline.desk.DeskParts;
import io.helmwatch.pipeline.desk.StreamControl;
import io.helmwatch.pipeline.metrics.ProcessMetrics;
import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.pipeline.service.incident.Notifications;
import io.helmwatch.postprocess.tracking.HeadTracker;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.IncidentSink;
import io.helmwatch.sinks.compliance.ComplianceStore;
import io.helmwatch.web.Desk;
import io.helmwatch.web.SystemState;
import io.helmwatch.web.server.DeskServer;
import io.helmwatch.web.server.HttpListener;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP server of a service and what its page is served from; nothing of it where HTTP is disabled.
 *
 * <p>Threading: opened, started and closed by one thread; {@link #isAcknowledged}, {@link #updateLogins} and {@link #address} by any. Ownership: the
 * address, the parts and the server.
 */
final class ServiceDesk implements AutoCloseable {
    private final @Nullable DeskParts parts;
    private final @Nullable ServerStart start;
    private final Closer owned = new Closer();
    private volatile @Nullable DeskServer server;

    /**
     * Binds the address, opens the parts, and begins to start the server.
     *
     * @throws RuntimeException why the address or the parts cannot be used, as a sentence
     */
    ServiceDesk(HelmwatchConfig config, ServiceStatus status, SystemState system, ServiceSinks sinks) {
        if (!config.http().enabled()) {
            parts = null;
            start = null;
            return;
        }
        try (Closer opened = new Closer()) {
            // Before anything that takes time, so that a port in use is reported at once.
            HttpListener listener = opened.register(HttpListener.bind(config.http()));
            DeskParts shown = opened.register(new DeskParts(config));
            ProcessMetrics process = opened.register(new ProcessMetrics(status.registry()));
            process.bindDisk(config.incidents().spool().directory());
            process.bindDisk(config.incidents().snapshots().directory());
            if (config.incidents().clips().enabled()) {
                process.bindDisk(config.incidents().clips().directory());
            }
            status.bindReloads();
            Desk desk = new Desk(
                    status,
                    shown.streams(),
                    shown.incidents(),
                    shown.compliance(),
                    shown.reports(),
                    system,
                    shown.live(),
                    new DeskNotifications(sinks::notified, target -> Notifications.notifier(target, config)),
                    shown.nodes(),
                    shown.relay(),
                    sinks.audit());
            parts = shown;
            start = opened.register(ServerStart.begin(config.http(), desk, listener));
            owned.register(opened.transfer());
        }
    }

    /** What the page is served from; null without HTTP. */
    @Nullable
    DeskParts parts() {
        return parts;
    }

    /**
     * Shows the other nodes of a cluster.
     *
     * @param kafka with the address of the embedded broker, where one runs
     */
    void join(ClusterNode node, KafkaConfig kafka) {
        if (parts != null) {
            parts.join(node, kafka);
        }
    }

    /** Receive every incident. */
    List<IncidentSink> incidentSinks() {
        return parts == null ? List.of() : parts.incidentSinks();
    }

    /** Whether somebody has acknowledged an incident on the page. */
    boolean isAcknowledged(String incident) {
        return parts != null && parts.isAcknowledged(incident);
    }

    /** Keeps the counts of observed heads; null where they are not kept. */
    @Nullable
    ComplianceStore complianceStore() {
        return parts == null ? null : parts.complianceStore();
    }

    /**
     * Look at every frame, behind the rules.
     *
     * @param heads the tracked heads of a stream as of the frame at hand; null where it is not tracked
     */
    List<FrameAnalyzer> analyzers(Function<String, @Nullable HeadTracker> heads) {
        return parts == null ? List.of() : parts.analyzers(heads);
    }

    /**
     * Waits for the server.
     *
     * @throws RuntimeException why it did not start, as a sentence
     */
    void awaitServer() {
        if (start != null) {
            server = start.await();
        }
    }

    /** Starts the streams that were added on the page earlier. */
    void start(StreamControl control) {
        if (parts != null) {
            parts.start(control);
        }
    }

    /** Replaces users and tokens; returns whether they changed. */
    boolean updateLogins(AccessConfig access) {
        DeskServer started = server;
        return started != null && started.updateLogins(access);
    }

    /** Address of the server; null without HTTP. */
    @Nullable
    InetSocketAddress address() {
        DeskServer started = server;
        return started == null ? null : started.address();
    }

    @Override
    public void close() {
        owned.close();
    }
}
