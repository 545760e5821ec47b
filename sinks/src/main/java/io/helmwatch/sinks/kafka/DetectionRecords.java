package io.helmwatch.sinks.kafka;

import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.sinks.DetectionJson;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamStatus;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;

/**
 * Builds the Kafka records of detections and stream states. Key and source of a stream are encoded once.
 *
 * <p>The timestamp of a record is the time at which it was passed to the client, by the clock of this machine, and never the capture
 * time: brokers reject records that are stamped an hour ahead, and cameras' clocks are often wrong.
 *
 * <p>A stream state is a lease of {@link #LEASE}, renewed every {@link #RENEWAL}: a state that is not renewed tells consumers that
 * its producer died.
 *
 * <p>Threading: one thread.
 */
final class DetectionRecords {
    private static final Header DETECTIONS_TYPE = CloudEventHeaders.type("io.helmwatch.detections");
    private static final Header STATUS_TYPE = CloudEventHeaders.type("io.helmwatch.stream");
    private static final Header REMOVED_TYPE = CloudEventHeaders.type("io.helmwatch.stream.removed");
    private static final Header DETECTIONS_SCHEMA = CloudEventHeaders.dataSchema("detections-1");
    private static final Header STREAMS_SCHEMA = CloudEventHeaders.dataSchema("streams-1");

    /** How long a stream state holds. */
    static final Duration LEASE = Duration.ofSeconds(90);

    /** How often a stream state is sent again. */
    static final Duration RENEWAL = Duration.ofSeconds(30);

    private final String detectionsTopic;
    private final String streamsTopic;
    private final DetectionJson json = new DetectionJson();
    private final Map<String, StreamConstants> streams = new HashMap<>();

    DetectionRecords(KafkaConfig config) {
        this.detectionsTopic = config.topics().detections();
        this.streamsTopic = config.topics().streams();
    }

    /**
     * The detections of one frame.
     *
     * @param isSuperseded whether another node has taken the stream over since
     */
    ProducerRecord<byte[], byte[]> detections(FrameDetections frame, long publishedAtMillis, boolean isSuperseded) {
        StreamConstants stream = constantsOf(frame.stream());
        List<Header> headers =
                headers(DETECTIONS_TYPE, DETECTIONS_SCHEMA, frame.id(), stream, frame.capturedAtMillis());
        if (isSuperseded) {
            headers.add(CloudEventHeaders.SUPERSEDED);
        }
        return new ProducerRecord<>(
                detectionsTopic,
                null,
                publishedAtMillis,
                stream.key,
                json.detections(frame, publishedAtMillis, isSuperseded),
                headers);
    }

    ProducerRecord<byte[], byte[]> status(StatusMessage message, long publishedAtMillis) {
        StreamConstants stream = constantsOf(message.stream);
        StreamStatus status = message.status;
        if (status == null) {
            streams.remove(message.stream);
            String id = message.stream + "/" + message.atMillis + "/removed";
            return new ProducerRecord<>(
                    streamsTopic,
                    null,
                    publishedAtMillis,
                    stream.key,
                    null,
                    List.of(
                            CloudEventHeaders.SPEC_VERSION,
                            REMOVED_TYPE,
                            CloudEventHeaders.id(id),
                            stream.source,
                            CloudEventHeaders.time(message.atMillis)));
        }
        String id = DetectionJson.id(status, message.atMillis);
        long validUntil = message.reason == StatusMessage.Reason.RELEASE
                ? publishedAtMillis
                : publishedAtMillis + LEASE.toMillis();
        return new ProducerRecord<>(
                streamsTopic,
                null,
                publishedAtMillis,
                stream.key,
                json.status(status, id, publishedAtMillis, validUntil, message.origin),
                headers(STATUS_TYPE, STREAMS_SCHEMA, id, stream, message.atMillis));
    }

    private StreamConstants constantsOf(String stream) {
        StreamConstants known = streams.get(stream);
        if (known == null) {
            known = new StreamConstants(stream);
            streams.put(stream, known);
        }
        return known;
    }

    private static List<Header> headers(Header type, Header schema, String id, StreamConstants stream, long atMillis) {
        List<Header> headers = new ArrayList<>(8);
        headers.add(CloudEventHeaders.SPEC_VERSION);
        headers.add(type);
        headers.add(CloudEventHeaders.id(id));
        headers.add(stream.source);
        headers.add(CloudEventHeaders.time(atMillis));
        headers.add(schema);
        headers.add(CloudEventHeaders.CONTENT_TYPE);
        return headers;
    }

    /** What all records of a stream share. */
    private static final class StreamConstants {
        final byte[] key;
        final Header source;

        StreamConstants(String stream) {
            key = stream.getBytes(StandardCharsets.UTF_8);
            source = CloudEventHeaders.source(stream);
        }
    }
}
