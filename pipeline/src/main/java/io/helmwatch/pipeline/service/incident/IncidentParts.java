package io.helmwatch.pipeline.service.incident;

import io.helmwatch.config.incident.IncidentsConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.ingest.FrameSource;
import io.helmwatch.pipeline.clips.ClipService;
import io.helmwatch.pipeline.metrics.IncidentMetrics;
import io.helmwatch.pipeline.metrics.UploadMetrics;
import io.helmwatch.resource.Closer;
import io.helmwatch.resource.ConstantName;
import io.helmwatch.sinks.IncidentSink;
import io.helmwatch.sinks.IncidentStatistics;
import io.helmwatch.sinks.WrittenIncident;
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
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What incidents need, as far as it is configured: the spool with what sends from it, copies in object storage, snapshots and clips.
 *
 * <p>Threading: opened and closed by one thread; the methods by any. Ownership: all of it.
 */
final class IncidentParts implements AutoCloseable {
    private static final long DELIVERY_CHECK_MILLIS = 20;

    private final IncidentsConfig config;
    private final @Nullable Spooling spooling;
    private final @Nullable EvidenceUploads uploads;
    private final @Nullable SnapshotStore snapshots;
    private final @Nullable ClipService clips;
    private final Closer owned = new Closer();

    /** The spool and what brings messages to it. */
    private record Spooling(IncidentSpool spool, SpoolingIncidentSink sink) {}

    /**
     * Opens the parts.
     *
     * @param kafka with the address of the embedded broker, where one runs
     * @param ownership which streams this node has
     * @param openTopic topic of the open incidents; null without a cluster
     * @param superseded receives each incident that started when another node had the stream already
     * @throws RuntimeException one sentence; everything opened is closed again
     */
    IncidentParts(
            IncidentsConfig config,
            KafkaConfig kafka,
            StreamOwnership ownership,
            @Nullable String openTopic,
            Consumer<String> superseded) {
        this.config = config;
        try (Closer opened = new Closer()) {
            if (kafka.enabled()) {
                IncidentSpool spool = opened.register(new IncidentSpool(config.spool(), Clock.systemUTC()));
                opened.register(new KafkaIncidentSender(kafka, spool, ownership, openTopic, superseded));
                spooling = new Spooling(spool, opened.register(new SpoolingIncidentSink(spool)));
            } else {
                spooling = null;
            }
            // Before what it copies, so that it is closed after.
            uploads = config.s3() == null
                    ? null
                    : opened.register(new EvidenceUploads(config.s3(), config, Clock.systemUTC()));
            snapshots = config.snapshots().enabled()
                    ? opened.register(
                            new SnapshotStore(config.snapshots(), copies(EvidenceKind.SNAPSHOTS), Clock.systemUTC()))
                    : null;
            clips = config.clips().enabled()
                    ? opened.register(new ClipService(config, copies(EvidenceKind.CLIPS), Clock.systemUTC()))
                    : null;
            owned.register(opened.transfer());
        }
    }

    private EvidenceCopies copies(EvidenceKind kind) {
        return uploads == null ? EvidenceCopies.NONE : uploads.copies(kind);
    }

    /** Registers the meters. */
    void bind(MeterRegistry registry) {
        if (spooling != null) {
            IncidentMetrics.bind(registry, spooling.sink().statistics());
        }
        if (snapshots != null) {
            IncidentMetrics.bind(registry, snapshots);
        }
        if (clips != null) {
            IncidentMetrics.bind(registry, clips.store());
        }
        if (uploads != null) {
            UploadMetrics.bind(registry, uploads);
        }
    }

    /** Their settings. */
    IncidentsConfig config() {
        return config;
    }

    /** Spools incidents; none where none are published. */
    List<IncidentSink> sinks() {
        return spooling == null ? List.of() : List.of(spooling.sink());
    }

    /** Stores images of starts; null stores none. */
    @Nullable
    SnapshotStore snapshots() {
        return snapshots;
    }

    /** Stores videos of incidents; null stores none. */
    @Nullable
    ClipService clips() {
        return clips;
    }

    /** Incidents that wait for the broker; null where none are published. */
    @Nullable
    IncidentStatistics statistics() {
        return spooling == null ? null : spooling.sink().statistics();
    }

    /** A stream starts: clips have its packets. */
    void starting(FrameSource source) {
        if (clips != null) {
            clips.starting(source);
        }
    }

    /** Waits until the messages about streams are delivered, at most for the given time; false when some are not. */
    boolean awaitDelivered(Collection<String> stopped, Duration timeout) throws InterruptedException {
        long until = System.nanoTime() + timeout.toNanos();
        while (spooling != null
                && (!spooling.sink().isPersisted() || spooling.spool().isWaiting(stopped))) {
            if (System.nanoTime() - until >= 0) {
                return false;
            }
            TimeUnit.MILLISECONDS.sleep(DELIVERY_CHECK_MILLIS);
        }
        return true;
    }

    /** Ends incidents that a lost node left open, given the last message of each. */
    void endOrphans(List<byte[]> messages, NodeEpoch origin) {
        if (spooling == null) {
            return;
        }
        for (byte[] message : messages) {
            long now = System.currentTimeMillis();
            WrittenIncident.PendingEvent end = WrittenIncident.nodeLost(message, origin, now);
            spooling.spool()
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

    @Override
    public void close() {
        owned.close();
    }
}
