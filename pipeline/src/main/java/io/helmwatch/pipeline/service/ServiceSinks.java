package io.helmwatch.pipeline.service;

import io.helmwatch.cluster.kafka.ClusterNode;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.pipeline.compliance.ComplianceService;
import io.helmwatch.pipeline.desk.StreamObserver;
import io.helmwatch.pipeline.metrics.ClusterMetrics;
import io.helmwatch.pipeline.metrics.SinkMetrics;
import io.helmwatch.pipeline.service.incident.IncidentService;
import io.helmwatch.pipeline.service.incident.Notifications;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.sinks.IncidentSink;
import io.helmwatch.sinks.JsonLinesDetectionSink;
import io.helmwatch.sinks.SinkStatistics;
import io.helmwatch.sinks.compliance.ComplianceStore;
import io.helmwatch.sinks.kafka.KafkaAuditLog;
import io.helmwatch.sinks.kafka.KafkaDetectionSink;
import io.helmwatch.sinks.notify.Notification;
import io.helmwatch.sinks.tracing.Tracing;
import io.helmwatch.vision.StreamOwnership;
import io.helmwatch.web.AuditSink;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Where a service delivers: detections and states of streams, incidents with the notifications about them, counts of
 * observed heads, the audit log.
 *
 * <p>Threading: opened and closed by one thread, read by any. Ownership: owns its sinks, which close in reverse order.
 */
final class ServiceSinks implements AutoCloseable {
    private final HelmwatchConfig config;
    private final MeterRegistry registry;
    private final List<DetectionSink> detections = new CopyOnWriteArrayList<>();
    private final AuditPublisher audit = new AuditPublisher();
    private volatile List<Notification> notified = List.of();
    private final List<StreamObserver> observers = new ArrayList<>();
    private final Closer owned = new Closer();
    private @Nullable IncidentSink tracedIncidents;
    private @Nullable ClusterNode node;

    /**
     * Sinks that exist already; the configured ones are opened later.
     *
     * @param more closed with the others
     */
    ServiceSinks(HelmwatchConfig config, MeterRegistry registry, List<? extends DetectionSink> more) {
        this.config = config;
        this.registry = registry;
        more.forEach(this::add);
    }

    private void add(DetectionSink sink) {
        detections.add(owned.register(sink));
    }

    /** The sinks of detections; grows while sinks are opened. */
    List<DetectionSink> detections() {
        return detections;
    }

    /** This process as a node of a cluster, which has not joined yet; null without one. */
    @Nullable
    ClusterNode node() {
        return node;
    }

    /** Which streams this node has. */
    StreamOwnership ownership() {
        ClusterNode opened = node;
        return opened == null ? StreamOwnership.NONE : opened.ownership();
    }

    /** The audit log, which reaches Kafka once that is open. */
    AuditSink audit() {
        return audit;
    }

    /** Targets of notifications; empty until incidents are opened. */
    List<Notification> notified() {
        return notified;
    }

    /**
     * Opens the configured sinks of detections and the audit topic.
     *
     * @param kafka with the address of the embedded broker, where one runs
     */
    void openDetections(KafkaConfig kafka) {
        ClusterConfig cluster = config.cluster();
        if (cluster != null) {
            // Closed after the sinks: a node leaves the cluster when everything of its cameras is delivered.
            ClusterNode opened = owned.register(new ClusterNode(kafka, cluster));
            ClusterMetrics.bind(registry, opened.statistics(), opened::cameras, opened::imbalance);
            node = opened;
        }
        if (kafka.enabled()) {
            add(new KafkaDetectionSink(kafka, ownership()));
            if (config.http().enabled()) {
                audit.sendTo(owned.register(new KafkaAuditLog(kafka)));
            }
        }
        if (config.jsonLines().target() != null) {
            add(JsonLinesDetectionSink.open(config.jsonLines(), ownership()));
        }
        openTracing();
        detections.forEach(sink -> SinkMetrics.bind(registry, sink));
    }

    private void openTracing() {
        String endpoint = config.tracing().endpoint();
        if (endpoint != null) {
            Tracing tracing = owned.register(new Tracing(endpoint, config.tracing()));
            tracing.frames().ifPresent(this::add);
            tracedIncidents = tracing.incidents();
        }
    }

    /**
     * Opens notifications and what incidents need.
     *
     * @param kafka with the address of the embedded broker, where one runs
     * @param more further sinks of incidents, owned by the caller
     * @param acknowledged whether somebody has acknowledged an incident, by its id
     */
    IncidentService openIncidents(
            KafkaConfig kafka, List<? extends IncidentSink> more, Predicate<String> acknowledged) {
        Notifications notifications = owned.register(Notifications.open(config, acknowledged, registry));
        notified = notifications.targets();
        detections.addAll(notifications.streams());
        observers.add(notifications);
        watchNodes(notifications);
        List<IncidentSink> all = new ArrayList<>(notifications.incidents());
        all.addAll(more);
        if (tracedIncidents != null) {
            all.add(tracedIncidents);
        }
        ClusterConfig cluster = config.cluster();
        IncidentService incidents = owned.register(new IncidentService(
                kafka, detections, all, registry, ownership(), cluster == null ? null : cluster.openIncidentsTopic()));
        incidents.prepare(config.streams(), config.incidents());
        if (cluster != null) {
            incidents.openNow(config.incidents());
        }
        return incidents;
    }

    /** What follows the streams that come and go; complete once incidents are opened. */
    List<StreamObserver> observers() {
        return observers;
    }

    private void watchNodes(Notifications notifications) {
        ClusterNode opened = node;
        ClusterConfig cluster = config.cluster();
        List<Notification> targets = notifications.targets().stream()
                .filter(target -> target.config().nodes())
                .toList();
        if (opened != null && cluster != null && !targets.isEmpty()) {
            owned.register(opened.watchNodes(new NodeNotices(cluster, targets)));
        }
    }

    /**
     * Opens what records the counts of observed heads; null where nothing receives them.
     *
     * @param kafka with the address of the embedded broker, where one runs
     * @param history of the desk; null without one
     */
    @Nullable
    ComplianceService openCompliance(KafkaConfig kafka, @Nullable ComplianceStore history) {
        if (!config.http().enabled() && !kafka.enabled()) {
            return null;
        }
        ComplianceService compliance =
                owned.register(new ComplianceService(config, kafka, history, registry, ownership()));
        SinkStatistics statistics = compliance.delivery();
        if (statistics != null) {
            SinkMetrics.bind(registry, "compliance", statistics);
        }
        return compliance;
    }

    /** Messages delivered, over all sinks of detections. */
    long published() {
        return detections.stream()
                .mapToLong(sink -> sink.statistics().published())
                .sum();
    }

    @Override
    public void close() {
        owned.close();
    }
}
