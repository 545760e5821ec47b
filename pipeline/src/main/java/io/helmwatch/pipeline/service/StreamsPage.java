package io.helmwatch.pipeline.service;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.vision.DropCause;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The page {@code /streams}: state, rates and counts of every stream. Threading: any thread. */
final class StreamsPage {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private StreamsPage() {}

    private record Page(List<Stream> streams) {}

    /** {@code since} is the start of the state; {@code retries} and {@code lastAttempt} change while a camera is away. */
    private record Stream(
            String id,
            String state,
            String reason,
            String reasonCode,
            String since,
            long retries,
            @Nullable String lastAttempt,
            String device,
            boolean live,
            double wantedPerSecond,
            double analysedPerSecond,
            long decoded,
            long analysed,
            Map<String, Long> dropped,
            long reconnects,
            int slotsHeld) {}

    /** The page. */
    static String of(Collection<StreamFeed> feeds) {
        try {
            return MAPPER.writeValueAsString(
                            new Page(feeds.stream().map(StreamsPage::stream).toList())) + "\n";
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream stream(StreamFeed feed) {
        Map<String, Long> dropped = new LinkedHashMap<>();
        for (DropCause cause : DropCause.values()) {
            dropped.put(cause.tag(), feed.dropped(cause));
        }
        long lastAttempt = feed.lastAttemptMillis();
        return new Stream(
                feed.id(),
                feed.status().state().name().toLowerCase(Locale.ROOT),
                feed.status().reason(),
                feed.status().reasonCode().code(),
                Instant.ofEpochMilli(feed.status().atMillis()).toString(),
                feed.retries(),
                lastAttempt == 0 ? null : Instant.ofEpochMilli(lastAttempt).toString(),
                feed.device(),
                feed.isLive(),
                rounded(feed.rates().wantedPerSecond()),
                rounded(feed.rates().analysedPerSecond()),
                feed.decoded(),
                feed.analysed(),
                dropped,
                feed.reconnects(),
                feed.slotsHeld());
    }

    private static double rounded(double rate) {
        return Math.rint(rate * 10) / 10;
    }
}
