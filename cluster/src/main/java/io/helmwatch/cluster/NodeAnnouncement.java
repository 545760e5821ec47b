package io.helmwatch.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a node says of itself; the schema is {@code docs/schema/nodes-1.schema.json}.
 *
 * @param node its name
 * @param cluster the cluster's name
 * @param version version of Helmwatch
 * @param weight members of the group that it runs
 * @param partitions partitions that it holds
 * @param cameras cameras that it has
 * @param address where its desk is, host:port; empty without one
 * @param isSecure whether the desk speaks TLS
 * @param load what it has, and what of it is in use
 * @param startedMillis when it started, milliseconds since 1970 UTC
 * @param publishedMillis when it said so
 * @param validUntilMillis when it counts as gone unless it says again that it is there
 */
public record NodeAnnouncement(
        String node,
        String cluster,
        String version,
        int weight,
        int partitions,
        int cameras,
        String address,
        boolean isSecure,
        NodeLoad load,
        long startedMillis,
        long publishedMillis,
        long validUntilMillis) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Reads a message; empty where it is none. */
    public static Optional<NodeAnnouncement> read(byte[] message) {
        try {
            JsonNode fields = JSON.readTree(message);
            if (!fields.path("node").isTextual()) {
                return Optional.empty();
            }
            JsonNode load = fields.path("load");
            List<String> gpus = new ArrayList<>();
            load.path("gpus").forEach(gpu -> gpus.add(gpu.asText()));
            return Optional.of(new NodeAnnouncement(
                    fields.path("node").asText(),
                    fields.path("cluster").asText(""),
                    fields.path("version").asText(""),
                    fields.path("weight").asInt(1),
                    fields.path("partitions").asInt(0),
                    fields.path("cameras").asInt(0),
                    fields.path("address").asText(""),
                    fields.path("tls").asBoolean(false),
                    new NodeLoad(
                            load.path("processors").asInt(0),
                            gpus,
                            load.path("backend").asText(""),
                            load.path("coresInUse").asDouble(0),
                            load.path("memoryBytes").asLong(0),
                            load.path("wantedFps").asDouble(0),
                            load.path("analysedFps").asDouble(0)),
                    millis(fields, "startedAt"),
                    millis(fields, "publishedAt"),
                    millis(fields, "validUntil")));
        } catch (IOException | DateTimeException e) {
            return Optional.empty();
        }
    }

    private static long millis(JsonNode fields, String name) {
        return Arrival.parse(fields.path(name).asText());
    }

    /** The same with its times by the clock of this machine. */
    public NodeAnnouncement heard(Arrival arrival) {
        long correction = arrival.correctionMillis(publishedMillis);
        return correction == 0
                ? this
                : new NodeAnnouncement(
                        node,
                        cluster,
                        version,
                        weight,
                        partitions,
                        cameras,
                        address,
                        isSecure,
                        load,
                        startedMillis + correction,
                        publishedMillis + correction,
                        validUntilMillis + correction);
    }

    /** The message. */
    public byte[] write() {
        ObjectNode fields = JSON.createObjectNode()
                .put("schema", "helmwatch.nodes/1")
                .put("node", node)
                .put("cluster", cluster)
                .put("version", version)
                .put("weight", weight)
                .put("partitions", partitions)
                .put("cameras", cameras)
                .put("address", address)
                .put("tls", isSecure);
        ObjectNode used = fields.putObject("load").put("processors", load.processors());
        load.gpus().forEach(used.putArray("gpus")::add);
        used.put("backend", load.backend())
                .put("coresInUse", load.coresInUse())
                .put("memoryBytes", load.memoryBytes())
                .put("wantedFps", load.wantedFps())
                .put("analysedFps", load.analysedFps());
        fields.put("startedAt", text(startedMillis))
                .put("publishedAt", text(publishedMillis))
                .put("validUntil", text(validUntilMillis));
        try {
            return JSON.writeValueAsString(fields).getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("node cannot be written as JSON", e);
        }
    }

    /** A time as all messages have it: RFC 3339, UTC, with milliseconds. */
    static String text(long millis) {
        String text =
                Instant.ofEpochMilli(millis).truncatedTo(ChronoUnit.MILLIS).toString();
        return text.contains(".") ? text : text.substring(0, text.length() - 1) + ".000Z";
    }

    /** Whether the node has not said in time that it is still there. */
    public boolean isSilent(long nowMillis) {
        return nowMillis > validUntilMillis;
    }
}
