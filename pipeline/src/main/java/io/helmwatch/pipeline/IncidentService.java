package io.helmwatch.pipeline;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.KafkaConfig;
import io.helmwatch.config.StreamConfig;
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

/**
 * Everything about incidents of one configuration: rules, spool, sender.
 *
 * <p>Threading: made and closed by one thread; {@link #reload} by any.
 */
final class IncidentService implements AutoCloseable {
    private final IncidentAnalyzer analyzer;
    private final List<AutoCloseable> opened;

    private IncidentService(IncidentAnalyzer analyzer, List<AutoCloseable> opened) {
        this.analyzer = analyzer;
        this.opened = opened;
    }

    /** Whether any stream has rules; without any, no spool is opened and nothing is tracked. */
    static boolean isWanted(HelmwatchConfig config) {
        return config.streams().stream()
                .map(StreamConfig::rules)
                .anyMatch(rules -> !rules.rules().isEmpty());
    }

    /**
     * Opens the spool and starts sending.
     *
     * @param kafka the broker as it really is, the embedded one's address included
     * @param sinks those of the detections; JSON lines get the incidents too
     * @throws RuntimeException one sentence; everything opened is closed again
     */
    static IncidentService open(
            HelmwatchConfig config, KafkaConfig kafka, List<? extends DetectionSink> sinks, MeterRegistry registry) {
        List<AutoCloseable> opened = new ArrayList<>();
        try {
            List<IncidentSink> incidentSinks = new ArrayList<>();
            if (kafka.enabled()) {
                IncidentSpool spool = new IncidentSpool(config.incidents().spool(), Clock.systemUTC());
                opened.add(spool);
                opened.add(new KafkaIncidentSender(kafka, spool));
                SpoolingIncidentSink sink = new SpoolingIncidentSink(spool);
                opened.add(sink);
                incidentSinks.add(sink);
                IncidentMetrics.bind(registry, sink.statistics());
            }
            for (DetectionSink sink : sinks) {
                if (sink instanceof JsonLinesDetectionSink lines) {
                    incidentSinks.add(new JsonLinesIncidentSink(lines));
                }
            }
            SnapshotStore snapshots = null;
            if (config.incidents().snapshots().enabled()) {
                snapshots = new SnapshotStore(config.incidents().snapshots(), Clock.systemUTC());
                opened.add(snapshots);
                IncidentMetrics.bind(registry, snapshots);
            }
            return new IncidentService(
                    new IncidentAnalyzer(config.streams(), config.incidents(), incidentSinks, snapshots), opened);
        } catch (RuntimeException failure) {
            Collections.reverse(opened);
            try {
                Closing.closeAll(opened);
            } catch (RuntimeException later) {
                failure.addSuppressed(later);
            }
            throw failure;
        }
    }

    IncidentAnalyzer analyzer() {
        return analyzer;
    }

    /** Takes over the rules of another configuration. */
    void reload(HelmwatchConfig config) {
        analyzer.reload(config.streams());
    }

    /** After the last frame: ends what is open, makes it durable, delivers what it can. */
    @Override
    public void close() {
        List<AutoCloseable> owners = new ArrayList<>(opened);
        owners.add(analyzer);
        Collections.reverse(owners);
        opened.clear();
        Closing.closeAll(owners);
    }
}
