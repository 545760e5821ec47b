package io.helmwatch.pipeline.service;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.IncidentsConfig;
import io.helmwatch.config.KafkaConfig;
import io.helmwatch.config.StreamConfig;
import io.helmwatch.pipeline.metrics.IncidentMetrics;
import io.helmwatch.pipeline.ring.Closing;
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
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything about incidents of one configuration: rules, spool, sender, pictures. Idle, with nothing opened and nothing tracked, until
 * the first configuration that has a rule, be it the one of the start or one that is reloaded.
 *
 * <p>Threading: any thread.
 */
final class IncidentService implements AutoCloseable {
    private final List<StreamConfig> streams;
    private final KafkaConfig kafka;
    private final List<? extends DetectionSink> sinks;
    private final MeterRegistry registry;
    private final IncidentAnalyzer analyzer = new IncidentAnalyzer();
    private final List<AutoCloseable> opened = new ArrayList<>();
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
    }

    private static boolean hasRules(HelmwatchConfig config) {
        return config.streams().stream()
                .map(StreamConfig::rules)
                .anyMatch(rules -> !rules.rules().isEmpty());
    }

    /**
     * Opens the spool and starts sending where the configuration has rules.
     *
     * @param kafka the broker as it really is, the embedded one's address included
     * @param sinks those of the detections; JSON lines get the incidents too
     * @throws RuntimeException one sentence; everything opened is closed again
     */
    static IncidentService open(
            HelmwatchConfig config, KafkaConfig kafka, List<? extends DetectionSink> sinks, MeterRegistry registry) {
        IncidentService service = new IncidentService(config.streams(), kafka, sinks, registry);
        if (hasRules(config)) {
            service.begin(config.incidents());
        }
        return service;
    }

    private void begin(IncidentsConfig incidents) {
        try {
            List<IncidentSink> incidentSinks = new ArrayList<>();
            SpoolingIncidentSink spooling = null;
            if (kafka.enabled()) {
                IncidentSpool spool = new IncidentSpool(incidents.spool(), Clock.systemUTC());
                opened.add(spool);
                opened.add(new KafkaIncidentSender(kafka, spool));
                spooling = new SpoolingIncidentSink(spool);
                opened.add(spooling);
                incidentSinks.add(spooling);
            }
            for (DetectionSink sink : sinks) {
                if (sink instanceof JsonLinesDetectionSink lines) {
                    incidentSinks.add(new JsonLinesIncidentSink(lines));
                }
            }
            SnapshotStore snapshots = null;
            if (incidents.snapshots().enabled()) {
                snapshots = new SnapshotStore(incidents.snapshots(), Clock.systemUTC());
                opened.add(snapshots);
            }
            analyzer.begin(streams, incidents, incidentSinks, snapshots);
            // Last: meters of something that did not open would stay.
            if (spooling != null) {
                IncidentMetrics.bind(registry, spooling.statistics());
            }
            if (snapshots != null) {
                IncidentMetrics.bind(registry, snapshots);
            }
            inForce = incidents;
        } catch (RuntimeException failure) {
            Collections.reverse(opened);
            try {
                Closing.closeAll(opened);
            } catch (RuntimeException later) {
                failure.addSuppressed(later);
            }
            opened.clear();
            throw failure;
        }
    }

    IncidentAnalyzer analyzer() {
        return analyzer;
    }

    /** How incidents are made and kept; null while there has been no rule. */
    synchronized @Nullable IncidentsConfig inForce() {
        return inForce;
    }

    /**
     * Takes over the rules of another configuration; with the first rule also how its incidents are kept.
     *
     * @throws RuntimeException one sentence, when what the first rule needs cannot be opened; nothing has changed then
     */
    synchronized void reload(HelmwatchConfig config) {
        if (closed) {
            throw new IllegalStateException("the service is ending");
        }
        if (inForce == null && hasRules(config)) {
            begin(config.incidents());
        }
        analyzer.reload(config.streams());
    }

    /** After the last frame: ends what is open, makes it durable, delivers what it can. */
    @Override
    public synchronized void close() {
        closed = true;
        List<AutoCloseable> owners = new ArrayList<>(opened);
        owners.add(analyzer);
        Collections.reverse(owners);
        opened.clear();
        Closing.closeAll(owners);
    }
}
