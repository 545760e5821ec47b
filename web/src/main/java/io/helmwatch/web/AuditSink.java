package io.helmwatch.web;

/** Receives what the audit log records, after it is in the file. Threading: one call at a time; must not block. */
@FunctionalInterface
public interface AuditSink {

    /** A login or a change happened. */
    void record(AuditEntry entry);
}
