package io.helmwatch.pipeline.service.incident;

import io.helmwatch.config.incident.IncidentsConfig;
import io.helmwatch.config.rule.RuleConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.FrameSource;
import io.helmwatch.pipeline.desk.StreamObserver;
import io.helmwatch.pipeline.metrics.IncidentCounts;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.sinks.IncidentSink;
import io.helmwatch.sinks.IncidentStatistics;
import io.helmwatch.sinks.JsonLinesDetectionSink;
import io.helmwatch.sinks.JsonLinesIncidentSink;
import io.helmwatch.vision.NodeEpoch;
import io.helmwatch.vision.StreamOwnership;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The incidents of the streams: rules, spool, sender, snapshots, clips. Nothing is opened or tracked until the first stream that has a rule, at start
 * or later.
 *
 * <p>Threading: any thread.
 */
public final class IncidentService implements StreamObserver, AutoCloseable {
    private final KafkaConfig kafka;
    private final List<? extends DetectionSink> sinks;
    private final List<? extends IncidentSink> more;
    private final MeterRegistry registry;
    private final StreamOwnership ownership;
    private final @Nullable String openTopic;
    private final IncidentAnalyzer analyzer;
    private final Closer owned = new Closer();
    private final IncidentCounts counts;
    private final Map<String, StreamConfig> streams = new LinkedHashMap<>();
    private final Map<String, FrameSource> sources = new LinkedHashMap<>();
    private volatile @Nullable IncidentParts parts;
    private boolean closed;

    /**
     * Incidents of no stream so far.
     *
     * @param kafka with the address of the embedded broker, where one runs
     * @param sinks of the detections; JSON lines receive incidents too
     * @param more further sinks of incidents, owned by the caller
     * @param ownership which streams this node has
     * @param openTopic topic of the open incidents; null without a cluster
     */
    public IncidentService(
            KafkaConfig kafka,
            List<? extends DetectionSink> sinks,
            List<? extends IncidentSink> more,
            MeterRegistry registry,
            StreamOwnership ownership,
            @Nullable String openTopic) {
        this.ownership = ownership;
        this.openTopic = openTopic;
        this.analyzer = new IncidentAnalyzer(System::nanoTime, ownership);
        this.kafka = kafka;
        this.sinks = sinks;
        this.more = List.copyOf(more);
        this.registry = registry;
        this.counts = new IncidentCounts(registry);
    }

    private void open(IncidentsConfig incidents) {
        try (Closer opened = new Closer()) {
            IncidentParts needed = opened.register(new IncidentParts(
                    incidents, kafka, ownership, openTopic, incident -> more.forEach(sink -> sink.withdraw(incident))));
            List<IncidentSink> incidentSinks = new ArrayList<>(List.of(new IncidentLog(), counts));
            incidentSinks.addAll(more);
            incidentSinks.addAll(needed.sinks());
            for (DetectionSink sink : sinks) {
                if (sink instanceof JsonLinesDetectionSink lines) {
                    incidentSinks.add(new JsonLinesIncidentSink(lines));
                }
            }
            sources.values().forEach(needed::starting);
            analyzer.begin(streams.values(), incidents, incidentSinks, needed.snapshots(), needed.clips());
            streams.values().forEach(this::registerCounts);
            // Last: meters of something that failed to open would remain.
            needed.bind(registry);
            parts = needed;
            owned.register(opened.transfer());
            owned.register(analyzer);
        }
    }

    private void registerCounts(StreamConfig stream) {
        counts.register(
                stream.id(),
                stream.rules().rules().stream().map(RuleConfig::name).collect(Collectors.toSet()));
    }

    public IncidentAnalyzer analyzer() {
        return analyzer;
    }

    /** Incidents that started so far. */
    public long started() {
        return counts.started();
    }

    /** Incidents of a stream that are open. */
    public int open(String stream) {
        return counts.open(stream);
    }

    /** Incidents that wait for the broker; null where none are published. */
    @Nullable
    public IncidentStatistics spool() {
        IncidentParts opened = parts;
        return opened == null ? null : opened.statistics();
    }

    /** Incident settings in force; null before the first rule. */
    public @Nullable IncidentsConfig inForce() {
        IncidentParts opened = parts;
        return opened == null ? null : opened.config();
    }

    /**
     * Opens what incidents need where one of the streams has a rule; does nothing when it is open.
     *
     * @throws RuntimeException one sentence, when it cannot be opened; nothing has changed then
     */
    public synchronized void prepare(Collection<StreamConfig> wanted, IncidentsConfig incidents) {
        if (closed) {
            throw new IllegalStateException("the service is ending");
        }
        boolean hasRules =
                wanted.stream().anyMatch(stream -> !stream.rules().rules().isEmpty());
        if (parts == null && hasRules) {
            open(incidents);
        }
    }

    /** Opens what incidents need, whether or not a stream has a rule: a node of a cluster delivers what it has from an earlier run. */
    public synchronized void openNow(IncidentsConfig incidents) {
        if (parts == null && !closed) {
            open(incidents);
        }
    }

    /** Waits until the messages about streams are delivered, at most for the given time; false when some are not. */
    public boolean awaitDelivered(Collection<String> stopped, Duration timeout) throws InterruptedException {
        IncidentParts opened = parts;
        return opened == null || opened.awaitDelivered(stopped, timeout);
    }

    /**
     * Ends incidents that a lost node left open.
     *
     * @param messages the last message of each
     */
    public void endOrphans(List<byte[]> messages, NodeEpoch origin) {
        IncidentParts opened = parts;
        if (opened != null) {
            opened.endOrphans(messages, origin);
        }
    }

    /** Starts to track a stream, with its next frame. */
    @Override
    public synchronized void added(StreamConfig stream) {
        streams.put(stream.id(), stream);
        analyzer.add(stream);
        if (parts != null) {
            registerCounts(stream);
        }
    }

    @Override
    public synchronized void starting(FrameSource source) {
        sources.put(source.id(), source);
        IncidentParts opened = parts;
        if (opened != null) {
            opened.starting(source);
        }
    }

    /** Applies other zones, masks and rules. */
    @Override
    public synchronized void changed(StreamConfig stream) {
        streams.put(stream.id(), stream);
        analyzer.change(stream);
        if (parts != null) {
            registerCounts(stream);
        }
    }

    /** Ends the incidents of a stream, and removes their meters. */
    @Override
    public synchronized void removed(String stream) {
        streams.remove(stream);
        sources.remove(stream);
        analyzer.remove(stream);
        counts.remove(stream);
    }

    /** After the last frame: ends open incidents, persists and delivers them. */
    @Override
    public synchronized void close() {
        closed = true;
        owned.close();
    }
}
