package io.helmwatch.pipeline.compliance;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.pipeline.desk.StreamObserver;
import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.SinkStatistics;
import io.helmwatch.sinks.compliance.ComplianceOutbox;
import io.helmwatch.sinks.compliance.ComplianceStore;
import io.helmwatch.sinks.kafka.KafkaComplianceSender;
import io.helmwatch.sinks.sqlite.SqliteException;
import io.helmwatch.vision.ComplianceMinute;
import io.helmwatch.vision.StreamOwnership;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts of observed heads, counted once and recorded in the history of the desk and, through an outbox on disk, in the topic of the broker. An
 * outbox that cannot be opened does not keep the service from starting.
 *
 * <p>Threading: opened and closed by one thread. Ownership: close it after the last frame, before the history.
 */
public final class ComplianceService implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ComplianceService.class);

    private final Closer owned = new Closer();
    private final ComplianceCounters counters;
    private final @Nullable SinkStatistics delivery;

    /**
     * Opens the outbox and starts to send what waits in it.
     *
     * @param kafka with the address of the embedded broker, where one runs
     * @param history of the desk; null without one
     * @param ownership which streams this node has
     */
    public ComplianceService(
            HelmwatchConfig config,
            KafkaConfig kafka,
            @Nullable ComplianceStore history,
            MeterRegistry registry,
            StreamOwnership ownership) {
        counters = new ComplianceCounters(config.incidents().tracking(), Clock.systemUTC(), ownership);
        try (Closer opened = new Closer()) {
            Map<String, ComplianceStore> stores = new LinkedHashMap<>();
            if (history != null) {
                stores.put("history", history);
            }
            ComplianceOutbox outbox = kafka.enabled() ? openOutbox(config, opened) : null;
            if (outbox == null) {
                delivery = null;
            } else {
                stores.put("outbox", outbox);
                delivery = opened.register(new KafkaComplianceSender(kafka, outbox, ownership, withdrawal(history)))
                        .statistics();
            }
            opened.register(new ComplianceRecorder(counters, stores, registry));
            owned.register(opened.transfer());
        }
    }

    /** Takes counts out of the history that another node counted too. */
    private static Consumer<ComplianceMinute> withdrawal(@Nullable ComplianceStore history) {
        return superseded -> {
            if (history == null) {
                return;
            }
            try {
                history.store(List.of(superseded.withdrawn()));
            } catch (SqliteException e) {
                LOG.warn(
                        "Counts of {} stay in the history although another node has them: {}",
                        superseded.id(),
                        e.getMessage());
            }
        };
    }

    private static @Nullable ComplianceOutbox openOutbox(HelmwatchConfig config, Closer opened) {
        try {
            return opened.register(new ComplianceOutbox(config.incidents().spool(), Clock.systemUTC()));
        } catch (SqliteException e) {
            LOG.warn("No compliance counts for Kafka: {}", e.getMessage());
            return null;
        }
    }

    /** Counts the heads of every frame. */
    public FrameAnalyzer analyzer() {
        return counters;
    }

    /** Follows the streams. */
    public StreamObserver observer() {
        return counters;
    }

    /** Delivery to the broker; null without one. */
    public @Nullable SinkStatistics delivery() {
        return delivery;
    }

    /** Records and delivers what was counted. */
    @Override
    public void close() {
        owned.close();
    }
}
