package io.helmwatch.sinks.kafka;

import io.helmwatch.config.KafkaConfig;
import io.helmwatch.sinks.DetectionJson;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamStatus;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;

/**
 * Builds the Kafka records of detections and stream states. Key and source of a stream are encoded once.
 *
 * <p>Threading: one thread.
 */
final class DetectionRecords {
    private static final Header DETECTIONS_TYPE = CloudEventHeaders.type("io.helmwatch.detections");
    private static final Header STATUS_TYPE = CloudEventHeaders.type("io.helmwatch.stream");

    private final String detectionsTopic;
    private final String streamsTopic;
    private final DetectionJson json = new DetectionJson();
    private final Map<String, StreamConstants> streams = new HashMap<>();

    DetectionRecords(KafkaConfig config) {
        this.detectionsTopic = config.detectionsTopic();
        this.streamsTopic = config.streamsTopic();
    }

    ProducerRecord<byte[], byte[]> detections(FrameDetections frame, long publishedAtMillis) {
        StreamConstants stream = constantsOf(frame.stream());
        return new ProducerRecord<>(
                detectionsTopic,
                null,
                frame.capturedAtMillis() > 0 ? frame.capturedAtMillis() : null,
                stream.key,
                json.detections(frame, publishedAtMillis),
                headers(DETECTIONS_TYPE, frame.id(), stream, frame.capturedAtMillis()));
    }

    ProducerRecord<byte[], byte[]> status(StreamStatus status, long publishedAtMillis) {
        StreamConstants stream = constantsOf(status.stream());
        return new ProducerRecord<>(
                streamsTopic,
                null,
                status.atMillis() > 0 ? status.atMillis() : null,
                stream.key,
                json.status(status, publishedAtMillis),
                headers(STATUS_TYPE, DetectionJson.id(status), stream, status.atMillis()));
    }

    private StreamConstants constantsOf(String stream) {
        StreamConstants known = streams.get(stream);
        if (known == null) {
            known = new StreamConstants(stream);
            streams.put(stream, known);
        }
        return known;
    }

    private static List<Header> headers(Header type, String id, StreamConstants stream, long atMillis) {
        List<Header> headers = new ArrayList<>(6);
        headers.add(CloudEventHeaders.SPEC_VERSION);
        headers.add(type);
        headers.add(CloudEventHeaders.id(id));
        headers.add(stream.source);
        headers.add(CloudEventHeaders.time(atMillis));
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
