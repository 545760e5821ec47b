package io.helmwatch.sinks.compliance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helmwatch.sinks.EventTime;
import java.io.IOException;

/** The message about a quarter of an hour, as {@code docs/schema/compliance-quarters-1.schema.json} describes it. Threading: any thread. */
public final class QuarterJson {
    /** Name and version of the schema. */
    public static final String SCHEMA = "helmwatch.compliance.quarters/1";

    private QuarterJson() {}

    /**
     * A message.
     *
     * @param id id of the message
     */
    public static byte[] write(String id, ComplianceQuarter quarter) {
        ObjectNode message = CountMessage.start(SCHEMA, id);
        CountMessage.putStream(message, quarter.stream(), quarter.zone());
        message.put("quarter", EventTime.format(quarter.startMillis()));
        CountMessage.putCounts(message, quarter.counts());
        message.put("analysedMinutes", quarter.analysedMinutes());
        return CountMessage.bytes(message);
    }

    /**
     * The sums of a message; properties that are not known are ignored.
     *
     * @throws IOException when it is not a message of this schema, in one sentence
     */
    public static ComplianceQuarter read(byte[] message) throws IOException {
        return CountMessage.read(message, SCHEMA, QuarterJson::quarter);
    }

    private static ComplianceQuarter quarter(JsonNode json) {
        return new ComplianceQuarter(
                json.required("stream").textValue(),
                json.path("zone").asText(""),
                CountMessage.millis(json, "quarter"),
                CountMessage.counts(json),
                json.required("analysedMinutes").longValue());
    }
}
