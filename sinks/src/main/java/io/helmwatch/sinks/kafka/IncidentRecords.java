package io.helmwatch.sinks.kafka;

import io.helmwatch.resource.ConstantName;
import io.helmwatch.sinks.WrittenIncident;
import io.helmwatch.sinks.spool.SpooledEvent;
import io.helmwatch.vision.Incident;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * The Kafka records of an incident message: the event, and in a cluster the entry of the open incidents. The entry is written before the start and
 * removed after the end, so that whoever takes a stream over finds every incident that consumers may know as open.
 *
 * <p>Threading: any thread.
 */
final class IncidentRecords {
    private static final Header SCHEMA = CloudEventHeaders.dataSchema("events-1");
    private static final String END = ConstantName.of(Incident.Phase.END);

    private final String topic;
    private final @Nullable String openTopic;

    /**
     * Records for a topic.
     *
     * @param openTopic compacted topic of the open incidents; null for none
     */
    IncidentRecords(String topic, @Nullable String openTopic) {
        this.topic = topic;
        this.openTopic = openTopic;
    }

    /**
     * The records of a message, each to be sent when the one before it was acknowledged.
     *
     * @param isSuperseded whether another node has taken the stream over since; it has ended the incident, then
     */
    Deque<ProducerRecord<byte[], byte[]>> of(SpooledEvent event, boolean isSuperseded) {
        Deque<ProducerRecord<byte[], byte[]>> records = new ArrayDeque<>();
        records.add(event(event, isSuperseded));
        String open = openTopic;
        if (open != null && !isSuperseded) {
            byte[] key = event.incident().getBytes(StandardCharsets.UTF_8);
            if (event.phase().equals(END)) {
                records.addLast(new ProducerRecord<>(open, key, null));
            } else if (!WrittenIncident.hasEnded(event.value())) {
                records.addFirst(new ProducerRecord<>(
                        open, null, System.currentTimeMillis(), key, event.value(), headers(event, false)));
            }
        }
        return records;
    }

    private ProducerRecord<byte[], byte[]> event(SpooledEvent event, boolean isSuperseded) {
        return new ProducerRecord<>(
                topic,
                null,
                System.currentTimeMillis(),
                event.stream().getBytes(StandardCharsets.UTF_8),
                isSuperseded ? WrittenIncident.superseded(event.value()) : event.value(),
                headers(event, isSuperseded));
    }

    private static List<Header> headers(SpooledEvent event, boolean isSuperseded) {
        List<Header> headers = new ArrayList<>(List.of(
                CloudEventHeaders.SPEC_VERSION,
                CloudEventHeaders.type("io.helmwatch.incident." + event.phase()),
                CloudEventHeaders.id(event.id()),
                CloudEventHeaders.source(event.stream()),
                CloudEventHeaders.subject(event.incident()),
                CloudEventHeaders.time(event.atMillis()),
                SCHEMA,
                CloudEventHeaders.CONTENT_TYPE));
        if (isSuperseded) {
            headers.add(CloudEventHeaders.SUPERSEDED);
        }
        return headers;
    }
}
