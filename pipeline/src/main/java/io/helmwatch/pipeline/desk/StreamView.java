package io.helmwatch.pipeline.desk;

import com.fasterxml.jackson.databind.JsonNode;
import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.config.rule.StreamRulesConfig;
import io.helmwatch.config.secret.Redaction;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.pipeline.ring.stream.StreamRates;
import io.helmwatch.postprocess.rules.RulePreview;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.web.Streams;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A stream as the page shows it. Threading: any thread. */
final class StreamView {
    private StreamView() {}

    static Streams.Stream of(
            StreamConfig stream,
            StreamFeed feed,
            Streams.Origin origin,
            int openIncidents,
            boolean isMasked,
            JsonNode settings) {
        StreamStatus status = feed.status();
        StreamRates rates = feed.rates();
        FrameDetections last = feed.lastDetections();
        String codec = feed.source().codec();
        return new Streams.Stream(
                stream.id(),
                Redaction.redact(stream.url()),
                origin,
                state(status.state()),
                Redaction.redact(status.reason()),
                status.reason().isEmpty() ? null : status.reasonCode().code(),
                Instant.ofEpochMilli(status.atMillis()),
                feed.retries(),
                last == null
                        ? null
                        : new Streams.Size(last.size().width(), last.size().height()),
                codec.isEmpty() ? null : codec,
                rates.windowSeconds() > 0 ? positive(rates.decodedPerSecond()) : null,
                rounded(rates.wantedPerSecond()),
                rounded(rates.analysedPerSecond()),
                droppedPerSecond(rates),
                positive(feed.latencyNanos() / 1e6),
                last == null ? null : Instant.ofEpochMilli(last.capturedAtMillis()),
                openIncidents,
                isMasked,
                settings,
                null);
    }

    /** A stream that does not run. */
    static Streams.Stream failed(String id, JsonNode settings, String problem) {
        return new Streams.Stream(
                id,
                settings.path("url").asText(""),
                Streams.Origin.ADDED,
                state(StreamStatus.State.FAILED),
                problem,
                null,
                Instant.now(),
                0,
                null,
                null,
                null,
                0,
                0,
                Map.of(),
                null,
                null,
                0,
                settings.path("masks").size() > 0,
                settings,
                null);
    }

    /** What rules say of a frame. */
    static List<Streams.RulePreview> previews(StreamRulesConfig rules, TrackingConfig tracking, FrameDetections frame) {
        return RulePreview.of(rules, tracking, frame).stream()
                .map(rule -> new Streams.RulePreview(rule.rule(), rule.sentence(), rule.observed(), rule.violating()))
                .toList();
    }

    private static String state(StreamStatus.State state) {
        return state.name().toLowerCase(Locale.ROOT);
    }

    /** Frames a second that should have been analysed and were not, by cause; causes without any are omitted. */
    static Map<String, Double> droppedPerSecond(StreamRates rates) {
        Map<String, Double> dropped = new LinkedHashMap<>();
        for (DropCause cause : DropCause.values()) {
            double rate = rounded(rates.droppedPerSecond(cause));
            if (rate > 0 && cause != DropCause.SAMPLED) {
                dropped.put(cause.tag(), rate);
            }
        }
        return dropped;
    }

    private static @Nullable Double positive(double value) {
        return value > 0 ? rounded(value) : null;
    }

    private static double rounded(double rate) {
        return Math.rint(rate * 10) / 10;
    }
}
