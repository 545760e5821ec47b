package io.helmwatch.sinks.kafka;

import io.helmwatch.sinks.EventTime;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;

/**
 * Record headers of the Kafka protocol binding of CloudEvents 1.0, binary mode: UTF-8 attributes with the prefix {@code ce_}.
 *
 * <p>Threading: any thread; headers are immutable.
 */
final class CloudEventHeaders {
    static final Header SPEC_VERSION = header("ce_specversion", "1.0");
    static final Header CONTENT_TYPE = header("content-type", "application/json");
    /** Another node has taken the stream over since. */
    static final Header SUPERSEDED = header("ce_superseded", "true");

    private CloudEventHeaders() {}

    /** Type of the event, e.g. {@code io.helmwatch.detections}. */
    static Header type(String type) {
        return header("ce_type", type);
    }

    static Header id(String id) {
        return header("ce_id", id);
    }

    /** Source of the event: a stream of this service. */
    static Header source(String stream) {
        return header("ce_source", "/helmwatch/streams/" + stream);
    }

    /** Source of audit messages: the service itself. */
    static Header auditSource() {
        return header("ce_source", "/helmwatch");
    }

    static Header subject(String subject) {
        return header("ce_subject", subject);
    }

    /** Schema of the value, e.g. {@code detections-1}. */
    static Header dataSchema(String name) {
        return header("ce_dataschema", "https://helmwatch.io/schema/" + name + ".schema.json");
    }

    /** Time of the event, milliseconds since 1970. */
    static Header time(long atMillis) {
        return header("ce_time", EventTime.format(atMillis));
    }

    private static Header header(String name, String value) {
        return new RecordHeader(name, value.getBytes(StandardCharsets.UTF_8));
    }
}
