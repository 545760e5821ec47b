package io.helmwatch.pipeline.service.incident;

import io.helmwatch.config.incident.IncidentsConfig;
import io.helmwatch.config.rule.RuleConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.FrameSource;
import io.helmwatch.pipeline.clips.ClipService;
import io.helmwatch.pipeline.desk.StreamObserver;
import io.helmwatch.pipeline.metrics.IncidentCounts;
import io.helmwatch.pipeline.metrics.IncidentMetrics;
import io.helmwatch.pipeline.metrics.UploadMetrics;
import io.helmwatch.resource.Closer;
import io.helmwatch.resource.ConstantName;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.sinks.IncidentJson;
import io.helmwatch.sinks.IncidentSink;
import io.helmwatch.sinks.IncidentStatistics;
import io.helmwatch.sinks.JsonLinesDetectionSink;
import io.helmwatch.sinks.JsonLinesIncidentSink;
import io.helmwatch.sinks.evidence.EvidenceCopies;
import io.helmwatch.sinks.kafka.KafkaIncidentSender;
import io.helmwatch.sinks.opencv.SnapshotStore;
import io.helmwatch.sinks.s3.EvidenceKind;
import io.helmwatch.sinks.s3.EvidenceUploads;
import io.helmwatch.sinks.spool.IncidentSpool;
import io.helmwatch.sinks.spool.SpooledEvent;
import io.helmwatch.sinks.spool.SpoolingIncidentSink;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.NodeEpoch;
import io.helmwatch.vision.StreamOwnership;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The incidents of the streams: rules, spool, sender, snapshots, clips. Nothing is opened or tracked until the first stream that has a rule, at start
 * or later.
 *
 * <p>Threading: any thread.
 */
public final class IncidentService implements StreamObserver, AutoCloseable {
    private static final long DELIVERY_CHECK_MILLIS = 20;

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
    private @Nullable IncidentsConfig inForce;
    private @Nullable ClipService clips;
    private volatile @Nullable IncidentStatistics spool;
    private volatile @Nullable Waiting waiting;
    private boolean closed;

    /** The spool and what brings messages to it. */
    private record Waiting(IncidentSpool spool, SpoolingIncidentSink sink) {}

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
            List<IncidentSink> incidentSinks = new ArrayList<>(List.of(new IncidentLog(), counts));
            incidentSinks.addAll(more);
            SpoolingIncidentSink spooling = null;
            IncidentSpool messages = null;
            if (kafka.enabled()) {
                IncidentSpool spool = opened.register(new IncidentSpool(incidents.spool(), Clock.systemUTC()));
                messages = spool;
                opened.register(new KafkaIncidentSender(
                        kafka, spool, ownership, openTopic, incident -> more.forEach(sink -> sink.withdraw(incident))));
                spooling = opened.register(new SpoolingIncidentSink(spool));
                incidentSinks.add(spooling);
            }
            for (DetectionSink sink : sinks) {
                if (sink instanceof JsonLinesDetectionSink lines) {
                    incidentSinks.add(new JsonLinesIncidentSink(lines));
                }
            }
            // Before what it copies, so that it is closed after.
            EvidenceUploads uploads = incidents.s3() == null
                    ? null
                    : opened.register(new EvidenceUploads(incidents.s3(), incidents, Clock.systemUTC()));
            SnapshotStore snapshots = null;
            if (incidents.snapshots().enabled()) {
                snapshots = opened.register(new SnapshotStore(
                        incidents.snapshots(), copies(uploads, EvidenceKind.SNAPSHOTS), Clock.systemUTC()));
            }
            ClipService recording = null;
            if (incidents.clips().enabled()) {
                recording = opened.register(
                        new ClipService(incidents, copies(uploads, EvidenceKind.CLIPS), Clock.systemUTC()));
                sources.values().forEach(recording::starting);
            }
            analyzer.begin(streams.values(), incidents, incidentSinks, snapshots, recording);
            streams.values().forEach(this::registerCounts);
            // Last: meters of something that failed to open would remain.
            if (spooling != null) {
                IncidentMetrics.bind(registry, spooling.statistics());
            }
            if (snapshots != null) {
                IncidentMetrics.bind(registry, snapshots);
            }
            if (recording != null) {
                IncidentMetrics.bind(registry, recording.store());
            }
            if (uploads != null) {
                UploadMetrics.bind(registry, uploads);
            }
            clips = recording;
            inForce = incidents;
            spool = spooling == null ? null : spooling.statistics();
            waiting = messages == null || spooling == null ? null : new Waiting(messages, spooling);
            owned.register(opened.transfer());
            owned.register(analyzer);
        }
    }

    private static EvidenceCopies copies(@Nullable EvidenceUploads uploads, EvidenceKind kind) {
        return uploads == null ? EvidenceCopies.NONE : uploads.copies(kind);
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
        return spool;
    }

    /** Incident settings in force; null before the first rule. */
    public synchronized @Nullable IncidentsConfig inForce() {
        return inForce;
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
        if (inForce == null && hasRules) {
            open(incidents);
        }
    }

    /** Opens what incidents need, whether or not a stream has a rule: a node of a cluster delivers what it has from an earlier run. */
    public synchronized void openNow(IncidentsConfig incidents) {
        if (inForce == null && !closed) {
            open(incidents);
        }
    }

    /** Waits until the messages about streams are delivered, at most for the given time; false when some are not. */
    public boolean awaitDelivered(Collection<String> stopped, Duration timeout) throws InterruptedException {
        Waiting parts = waiting;
        long until = System.nanoTime() + timeout.toNanos();
        while (parts != null && (!parts.sink().isPersisted() || parts.spool().isWaiting(stopped))) {
            if (System.nanoTime() - until >= 0) {
                return false;
            }
            TimeUnit.MILLISECONDS.sleep(DELIVERY_CHECK_MILLIS);
        }
        return true;
    }

    /**
     * Ends incidents that a lost node left open.
     *
     * @param messages the last message of each
     */
    public void endOrphans(List<byte[]> messages, NodeEpoch origin) {
        Waiting parts = waiting;
        if (parts == null) {
            return;
        }
        for (byte[] message : messages) {
            long now = System.currentTimeMillis();
            IncidentJson.PendingEvent end = IncidentJson.nodeLost(message, origin, now);
            parts.spool()
                    .enqueue(new SpooledEvent(
                            0,
                            end.id(),
                            end.incident(),
                            end.stream(),
                            ConstantName.of(Incident.Phase.END),
                            now,
                            end.value()));
        }
    }

    /** Starts to track a stream, with its next frame. */
    @Override
    public synchronized void added(StreamConfig stream) {
        streams.put(stream.id(), stream);
        analyzer.add(stream);
        if (inForce != null) {
            registerCounts(stream);
        }
    }

    @Override
    public synchronized void starting(FrameSource source) {
        sources.put(source.id(), source);
        if (clips != null) {
            clips.starting(source);
        }
    }

    /** Applies other zones, masks and rules. */
    @Override
    public synchronized void changed(StreamConfig stream) {
        streams.put(stream.id(), stream);
        analyzer.change(stream);
        if (inForce != null) {
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
