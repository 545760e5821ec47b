package io.helmwatch.pipeline.service;

import io.helmwatch.sinks.kafka.KafkaAuditLog;
import io.helmwatch.web.AuditEntry;
import io.helmwatch.web.AuditSink;
import org.jspecify.annotations.Nullable;

/** Passes the audit log on to Kafka, once the broker's address is known. Threading: any thread. */
final class AuditPublisher implements AuditSink {
    private volatile @Nullable KafkaAuditLog log;

    void sendTo(KafkaAuditLog opened) {
        log = opened;
    }

    @Override
    public void record(AuditEntry entry) {
        KafkaAuditLog opened = log;
        if (opened != null) {
            opened.publish(new KafkaAuditLog.Entry(
                    entry.at().toEpochMilli(),
                    entry.user(),
                    entry.role(),
                    entry.action(),
                    entry.target(),
                    entry.outcome(),
                    entry.remote()));
        }
    }
}
