package io.helmwatch.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import io.helmwatch.vision.NodeEpoch;
import java.time.DateTimeException;
import org.jspecify.annotations.Nullable;

/**
 * The last state of a stream, as the node that has it published it, with its times by the clock of this machine.
 *
 * @param state its name, such as {@code online}
 * @param reason one sentence; empty when there is nothing to report
 * @param reasonCode the kind of reason; null when there is nothing to report
 * @param changedMillis when the stream entered the state, milliseconds since 1970 UTC; 0 where it is not known
 * @param publishedMillis when that was said; 0 where it is not known
 * @param validUntilMillis when the state expires; 0 where it never held
 * @param origin the node and its epoch; null in a message of a process without a cluster
 */
public record StreamState(
        String state,
        String reason,
        @Nullable String reasonCode,
        long changedMillis,
        long publishedMillis,
        long validUntilMillis,
        @Nullable NodeEpoch origin) {
    private static final String UNKNOWN = "unknown";

    static StreamState of(JsonNode message, Arrival arrival) {
        long epoch = message.path("epoch").asLong(0);
        JsonNode code = message.path("reasonCode");
        long published = millis(message, "publishedAt");
        long correction = published == 0 ? 0 : arrival.correctionMillis(published);
        // Few different ones, held for every stream.
        return new StreamState(
                message.path("state").asText(UNKNOWN).intern(),
                message.path("reason").asText(""),
                code.isTextual() ? code.asText().intern() : null,
                corrected(millis(message, "changedAt"), correction),
                corrected(published, correction),
                corrected(millis(message, "validUntil"), correction),
                epoch > 0 && epoch <= NodeEpoch.LARGEST
                        ? new NodeEpoch(message.path("node").asText("").intern(), epoch)
                        : null);
    }

    private static long corrected(long millis, long correction) {
        return millis == 0 ? 0 : millis + correction;
    }

    /** A time of a message, milliseconds since 1970 UTC; 0 where it is not known. */
    private static long millis(JsonNode message, String name) {
        try {
            return Arrival.parse(message.path(name).asText());
        } catch (DateTimeException e) {
            return 0;
        }
    }

    /** Whether the node that has the stream no longer says so: it released the stream, or is gone. */
    public boolean isExpired(long nowMillis) {
        return validUntilMillis <= nowMillis;
    }
}
