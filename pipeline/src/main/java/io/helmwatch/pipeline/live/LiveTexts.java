package io.helmwatch.pipeline.live;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.resource.ConstantName;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.NodeEpoch;
import io.helmwatch.web.Incidents;
import io.helmwatch.web.Streams;
import io.helmwatch.web.api.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The text messages to viewers, in JSON. Threading: any; without state. */
final class LiveTexts {
    private LiveTexts() {}

    private record StreamText(
            String type,
            int channel,
            String id,
            Subscription.Mode mode,
            String mime,
            int width,
            int height,
            int epoch,
            String reason) {}

    private record BoxText(
            List<Float> box,
            String label,
            String kind,
            float confidence,
            @Nullable Integer track,
            @JsonProperty("static") boolean isStatic) {}

    private record FrameText(
            String type,
            int channel,
            int epoch,
            double t,
            Instant capturedAt,
            int width,
            int height,
            List<BoxText> boxes,
            List<String> incidents) {}

    private record StateText(
            String type,
            String id,
            String state,
            String reason,
            Instant since,
            double analysedFps,
            @Nullable Double latencyMillis) {}

    private record IncidentText(String type, Incident.Phase phase, Incidents.Incident incident) {}

    /** How a stream is shown from now on. */
    static String stream(
            int channel,
            String id,
            Subscription.Mode mode,
            String mime,
            int width,
            int height,
            int epoch,
            String reason) {
        return Json.text(new StreamText("stream", channel, id, mode, mime, width, height, epoch, reason));
    }

    /** What was detected in a frame. */
    static String frame(int channel, int epoch, double seconds, AnalysedFrame frame, TrackingConfig tracking) {
        List<BoxText> boxes = new ArrayList<>();
        List<Detection> detections = frame.detections().detections();
        for (int i = 0; i < detections.size(); i++) {
            Detection detection = detections.get(i);
            BoundingBox box = detection.sourceBox();
            int track = frame.tracks().get(i);
            boxes.add(new BoxText(
                    List.of(box.x1(), box.y1(), box.x2(), box.y2()),
                    detection.label(),
                    kind(detection.label(), tracking),
                    detection.confidence(),
                    track == 0 ? null : track,
                    frame.isStatic().get(i)));
        }
        return Json.text(new FrameText(
                "frame",
                channel,
                epoch,
                seconds,
                Instant.ofEpochMilli(frame.detections().capturedAtMillis()),
                frame.detections().size().width(),
                frame.detections().size().height(),
                boxes,
                frame.incidents()));
    }

    private static String kind(String label, TrackingConfig tracking) {
        if (tracking.bareHeadLabels().contains(label)) {
            return "bare";
        }
        return tracking.helmetLabels().contains(label) ? "helmet" : "other";
    }

    /** The state of a stream. */
    static String state(Streams.Stream stream) {
        return Json.text(new StateText(
                "state",
                stream.id(),
                stream.state(),
                stream.reason(),
                stream.since(),
                stream.analysedFps(),
                stream.latencyMillis()));
    }

    /** Several states in one message. */
    static String states(List<String> states) {
        return "{\"type\":\"states\",\"states\":[" + String.join(",", states) + "]}";
    }

    /** A message about an incident. */
    static String incident(Incident incident) {
        boolean ended = incident.hasEnded();
        Instant started = Instant.ofEpochMilli(incident.startedAtMillis());
        Incident.EndReason reason = incident.endReason();
        NodeEpoch origin = incident.origin();
        Incidents.Incident shown = new Incidents.Incident(
                incident.id(),
                incident.stream(),
                incident.rule(),
                ConstantName.of(incident.kind()),
                incident.zone(),
                incident.zonePolygon().stream()
                        .map(corner -> new Incidents.Point(corner.x(), corner.y()))
                        .toList(),
                ended ? "ended" : "open",
                started,
                ended ? Instant.ofEpochMilli(incident.lastAtMillis()) : null,
                reason == null ? null : ConstantName.of(reason),
                (incident.lastAtMillis() - incident.startedAtMillis()) / 1000.0,
                incident.peakConfidence(),
                incident.people(),
                incident.track(),
                null,
                incident.snapshot() != null,
                incident.size().width(),
                incident.size().height(),
                List.of(),
                clip(incident.clip()),
                origin == null ? null : origin.node(),
                false);
        return Json.text(new IncidentText("incident", incident.phase(), shown));
    }

    private static Incidents.@Nullable Clip clip(Incident.@Nullable Clip stored) {
        return stored == null
                ? null
                : new Incidents.Clip(
                        Instant.ofEpochMilli(stored.fromMillis()),
                        Instant.ofEpochMilli(stored.toMillis()),
                        stored.isMasked());
    }
}
