package io.helmwatch.sinks.compliance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helmwatch.sinks.EventTime;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;

/** The message about a quarter of an hour, as {@code docs/schema/compliance-quarters-1.schema.json} describes it. Threading: any thread. */
public final class QuarterJson {
    /** Name and version of the schema. */
    public static final String SCHEMA = "helmwatch.compliance.quarters/1";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MILLIS_DECIMALS = 3;

    private QuarterJson() {}

    /**
     * A message.
     *
     * @param id id of the message
     */
    public static byte[] write(String id, ComplianceQuarter quarter) {
        ObjectNode message = JSON.createObjectNode();
        message.put("schema", SCHEMA);
        message.put("id", id);
        message.put("stream", quarter.stream());
        if (!quarter.zone().isEmpty()) {
            message.put("zone", quarter.zone());
        }
        message.put("quarter", EventTime.format(quarter.startMillis()));
        message.put("frames", quarter.frames());
        message.put("helmet", quarter.helmet());
        message.put("bare", quarter.bare());
        message.put("uncertain", quarter.uncertain());
        message.put("personSeconds", BigDecimal.valueOf(quarter.personMillis(), MILLIS_DECIMALS));
        message.put("analysedMinutes", quarter.analysedMinutes());
        return message.toString().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * The sums of a message; properties that are not known are ignored.
     *
     * @throws IOException when it is not a message of this schema, in one sentence
     */
    public static ComplianceQuarter read(byte[] message) throws IOException {
        JsonNode json = JSON.readTree(message);
        if (!SCHEMA.equals(json.path("schema").asText())) {
            throw new IOException("expected a message of " + SCHEMA + ", found "
                    + json.path("schema").asText("none"));
        }
        try {
            return new ComplianceQuarter(
                    json.required("stream").textValue(),
                    json.path("zone").asText(""),
                    Instant.parse(json.required("quarter").asText()).toEpochMilli(),
                    json.required("helmet").longValue(),
                    json.required("bare").longValue(),
                    json.required("uncertain").longValue(),
                    json.required("frames").longValue(),
                    json.required("personSeconds")
                            .decimalValue()
                            .movePointRight(MILLIS_DECIMALS)
                            .longValue(),
                    json.required("analysedMinutes").longValue());
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new IOException("message of " + SCHEMA + " is damaged: " + e.getMessage(), e);
        }
    }
}
