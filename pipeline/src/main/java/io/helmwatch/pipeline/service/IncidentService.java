package io.helmwatch.pipeline.service;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.IncidentsConfig;
import io.helmwatch.config.KafkaConfig;
import io.helmwatch.config.StreamConfig;
import io.helmwatch.pipeline.metrics.IncidentCounts;
import io.helmwatch.pipeline.metrics.IncidentMetrics;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.sinks.IncidentSink;
import io.helmwatch.sinks.JsonLinesDetectionSink;
import io.helmwatch.sinks.JsonLinesIncidentSink;
import io.helmwatch.sinks.kafka.KafkaIncidentSender;
import io.helmwatch.sinks.opencv.SnapshotStore;
import io.helmwatch.sinks.spool.IncidentSpool;
import io.helmwatch.sinks.spool.SpoolingIncidentSink;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The incidents of a configuration: rules, spool, sender, snapshots. Nothing is opened or tracked until the first configuration that has
 * a rule, at start or by a reload.
 *
 * <p>Threading: any thread.
 */
final class IncidentService implements AutoCloseable {
    private final List<StreamConfig> streams;
    private final KafkaConfig kafka;
    private final List<? extends DetectionSink> sinks;
    private final MeterRegistry registry;
    private final IncidentAnalyzer analyzer = new IncidentAnalyzer();
    private final Closer owned = new Closer();
    private final IncidentCounts counts;
    private @Nullable IncidentsConfig inForce;
    private boolean closed;

    private IncidentService(
            List<StreamConfig> streams,
            KafkaConfig kafka,
            List<? extends DetectionSink> sinks,
            MeterRegistry registry) {
        this.streams = streams;
        this.kafka = kafka;
        this.sinks = sinks;
        this.registry = registry;
        this.counts = new IncidentCounts(registry);
    }

    private static boolean hasRules(HelmwatchConfig config) {
        return config.streams().stream()
                .map(StreamConfig::rules)
                .anyMatch(rules -> !rules.rules().isEmpty());
    }

    /**
     * Opens the spool and starts sending where the configuration has rules.
     *
     * @param kafka with the address of the embedded broker, where one runs
     * @param sinks of the detections; JSON lines receive incidents too
     * @throws RuntimeException one sentence; everything opened is closed again
     */
    static IncidentService open(
            HelmwatchConfig config, KafkaConfig kafka, List<? extends DetectionSink> sinks, MeterRegistry registry) {
        IncidentService service = new IncidentService(config.streams(), kafka, sinks, registry);
        if (hasRules(config)) {
            service.open(config.incidents());
        }
        return service;
    }

    private void open(IncidentsConfig incidents) {
        try (Closer opened = new Closer()) {
            List<IncidentSink> incidentSinks = new ArrayList<>(List.of(new IncidentLog(), counts));
            SpoolingIncidentSink spooling = null;
            if (kafka.enabled()) {
                IncidentSpool spool = opened.register(new IncidentSpool(incidents.spool(), Clock.systemUTC()));
                opened.register(new KafkaIncidentSender(kafka, spool));
                spooling = opened.register(new SpoolingIncidentSink(spool));
                incidentSinks.add(spooling);
            }
            for (DetectionSink sink : sinks) {
                if (sink instanceof JsonLinesDetectionSink lines) {
                    incidentSinks.add(new JsonLinesIncidentSink(lines));
                }
            }
            SnapshotStore snapshots = null;
            if (incidents.snapshots().enabled()) {
                snapshots = opened.register(new SnapshotStore(incidents.snapshots(), Clock.systemUTC()));
            }
            analyzer.begin(streams, incidents, incidentSinks, snapshots);
            for (StreamConfig stream : streams) {
                stream.rules().rules().forEach(rule -> counts.register(stream.id(), rule.name()));
            }
            // Last: meters of something that failed to open would remain.
            if (spooling != null) {
                IncidentMetrics.bind(registry, spooling.statistics());
            }
            if (snapshots != null) {
                IncidentMetrics.bind(registry, snapshots);
            }
            inForce = incidents;
            owned.register(opened.transfer());
            owned.register(analyzer);
        }
    }

    IncidentAnalyzer analyzer() {
        return analyzer;
    }

    /** Incidents that started so far. */
    long started() {
        return counts.started();
    }

    /** Incident settings in force; null before the first rule. */
    synchronized @Nullable IncidentsConfig inForce() {
        return inForce;
    }

    /**
     * Applies the rules of another configuration; with the first rule also its incident settings.
     *
     * @throws RuntimeException one sentence, when what the first rule needs cannot be opened; nothing has changed then
     */
    synchronized void reload(HelmwatchConfig config) {
        if (closed) {
            throw new IllegalStateException("the service is ending");
        }
        if (inForce == null && hasRules(config)) {
            open(config.incidents());
        }
        analyzer.reload(config.streams());
    }

    /** After the last frame: ends open incidents, persists and delivers them. */
    @Override
    public synchronized void close() {
        closed = true;
        owned.close();
    }
}
