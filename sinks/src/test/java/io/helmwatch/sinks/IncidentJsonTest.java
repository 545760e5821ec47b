package io.helmwatch.sinks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helmwatch.sinks.spool.Incidents;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.NodeEpoch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class IncidentJsonTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final long RECORDED = Incidents.NOON + 2_300;

    @Test
    void shouldWriteAStartAsInTheGoldenMessage() {
        Incident start = Incidents.bareHead("gate-3", 1, 0, Incident.Phase.START)
                .withSnapshot(new Incident.Snapshot(
                        "gate-3/2026-11-20/120002.240-no-helmet-in-pit-1.jpg",
                        "0".repeat(64),
                        "gate-3/2026-11-20/120002.240-no-helmet-in-pit-1-drawn.jpg",
                        "1".repeat(64)));
        assertThat(text(IncidentJson.incident(start, RECORDED)))
                .isEqualTo("{\"schema\":\"helmwatch.events/1\",\"id\":\"gate-3/1795176000/no-helmet-in-pit/1/0\","
                        + "\"incident\":\"gate-3/1795176000/no-helmet-in-pit/1\",\"revision\":0,\"phase\":\"start\","
                        + "\"stream\":\"gate-3\",\"rule\":\"no-helmet-in-pit\",\"kind\":\"no-helmet\",\"zone\":\"pit\",\"track\":17,"
                        + "\"startedAt\":\"2026-11-20T12:00:00.040Z\",\"lastAt\":\"2026-11-20T12:00:02.240Z\","
                        + "\"decidedAt\":\"2026-11-20T12:00:02.240Z\",\"recordedAt\":\"2026-11-20T12:00:02.300Z\","
                        + "\"sequence\":56,\"ptsMillis\":2240,"
                        + "\"object\":{\"type\":\"HumanFace\",\"accessory\":{\"helmet\":{\"wear\":false}}},"
                        + "\"confidence\":{\"peak\":0.912,\"mean\":0.84},\"observations\":51,"
                        + "\"positions\":[{\"track\":17,\"at\":\"2026-11-20T12:00:02.240Z\",\"box\":[812.4,233.0,871.9,301.3]}],"
                        + "\"width\":1920,\"height\":1080,"
                        + "\"model\":{\"name\":\"helmet-yolov5n\",\"version\":\"1.0.0\",\"precision\":\"fp32\",\"backend\":\"cpu\"},"
                        + "\"snapshot\":{\"path\":\"gate-3/2026-11-20/120002.240-no-helmet-in-pit-1.jpg\",\"sha256\":\""
                        + "0".repeat(64)
                        + "\",\"drawnPath\":\"gate-3/2026-11-20/120002.240-no-helmet-in-pit-1-drawn.jpg\",\"drawnSha256\":\""
                        + "1".repeat(64) + "\"}}");
    }

    @Test
    void shouldWriteTheEndOfAnOccupancyIncidentAsInTheGoldenMessage() {
        assertThat(text(IncidentJson.incident(Incidents.crowd(), RECORDED)))
                .isEqualTo("{\"schema\":\"helmwatch.events/1\",\"id\":\"gate-3/1795176000/crowd/1/1\","
                        + "\"incident\":\"gate-3/1795176000/crowd/1\",\"revision\":1,\"phase\":\"end\",\"stream\":\"gate-3\","
                        + "\"rule\":\"crowd\",\"kind\":\"occupancy\",\"startedAt\":\"2026-11-20T12:00:00.000Z\","
                        + "\"lastAt\":\"2026-11-20T12:00:09.000Z\",\"endedAt\":\"2026-11-20T12:00:09.000Z\","
                        + "\"decidedAt\":\"2026-11-20T12:00:19.000Z\",\"recordedAt\":\"2026-11-20T12:00:02.300Z\","
                        + "\"sequence\":475,\"ptsMillis\":19000,\"endReason\":\"compliance\",\"people\":{\"count\":7,\"limit\":5},"
                        + "\"confidence\":{\"peak\":0.95,\"mean\":0.90},\"observations\":120,\"positions\":[],"
                        + "\"width\":1280,\"height\":720,\"model\":{\"name\":\"helmet-yolov5n\",\"version\":\"1.0.0\","
                        + "\"precision\":\"fp32\",\"backend\":\"cpu\"}}");
    }

    @Test
    void shouldWriteTheEndOfAnIncidentWhoseStreamWasLostAsInTheGoldenMessage() {
        Incident end = Incidents.bareHead("gate-3", 1, 2, Incident.Phase.END, Incident.EndReason.STREAM_LOST);
        assertThat(text(IncidentJson.incident(end, RECORDED + 32_000)))
                .isEqualTo(
                        "{\"schema\":\"helmwatch.events/1\",\"id\":\"gate-3/1795176000/no-helmet-in-pit/1/2\","
                                + "\"incident\":\"gate-3/1795176000/no-helmet-in-pit/1\",\"revision\":2,\"phase\":\"end\","
                                + "\"stream\":\"gate-3\",\"rule\":\"no-helmet-in-pit\",\"kind\":\"no-helmet\",\"zone\":\"pit\",\"track\":17,"
                                + "\"startedAt\":\"2026-11-20T12:00:00.040Z\",\"lastAt\":\"2026-11-20T12:00:04.240Z\","
                                + "\"endedAt\":\"2026-11-20T12:00:04.240Z\",\"decidedAt\":\"2026-11-20T12:00:04.240Z\","
                                + "\"recordedAt\":\"2026-11-20T12:00:34.300Z\",\"sequence\":56,\"ptsMillis\":2240,"
                                + "\"endReason\":\"stream-lost\","
                                + "\"object\":{\"type\":\"HumanFace\",\"accessory\":{\"helmet\":{\"wear\":false}}},"
                                + "\"confidence\":{\"peak\":0.912,\"mean\":0.84},\"observations\":51,"
                                + "\"positions\":[{\"track\":17,\"at\":\"2026-11-20T12:00:02.240Z\",\"box\":[812.4,233.0,871.9,301.3]}],"
                                + "\"width\":1920,\"height\":1080,"
                                + "\"model\":{\"name\":\"helmet-yolov5n\",\"version\":\"1.0.0\",\"precision\":\"fp32\",\"backend\":\"cpu\"}}");
    }

    @Test
    void shouldMakeTheEndOfAnInterruptedIncidentFromItsLastMessage() throws IOException {
        byte[] last = IncidentJson.incident(Incidents.bareHead("gate-3", 1, 2, Incident.Phase.UPDATE), RECORDED);
        JsonNode end = MAPPER.readTree(
                WrittenIncident.interrupted(last, 3, RECORDED + 60_000).value());
        assertThat(end.get("id").asText()).isEqualTo("gate-3/1795176000/no-helmet-in-pit/1/3/0");
        assertThat(end.get("revision").asInt()).isEqualTo(3);
        assertThat(end.get("phase").asText()).isEqualTo("end");
        assertThat(end.get("endReason").asText()).isEqualTo("interrupted");
        assertThat(end.get("endedAt").asText()).isEqualTo("2026-11-20T12:00:04.240Z");
        assertThat(end.get("recordedAt").asText()).isEqualTo("2026-11-20T12:01:02.300Z");
        assertThat(end.get("positions")).isEmpty();
        assertThat(end.get("zone").asText()).isEqualTo("pit");
        assertThat(problems(end)).isEmpty();
    }

    @Test
    void shouldGiveAnEndThatOthersMakeTheIdOfNoMessageThatTheLostNodeMayHaveSentAndTheSameWhoeverMakesIt() {
        Incident known =
                Incidents.bareHead("gate-3", 1, 2, Incident.Phase.UPDATE).withOrigin(new NodeEpoch("lost", 7));
        byte[] last = IncidentJson.incident(known, RECORDED);

        WrittenIncident.PendingEvent end = WrittenIncident.nodeLost(last, new NodeEpoch("heir", 8), RECORDED);

        assertThat(end.id()).isEqualTo(known.id() + "/3/7");
        assertThat(text(end.value())).contains("\"id\":\"" + known.id() + "/3/7\"", "\"node\":\"heir\",\"epoch\":8");
        assertThat(WrittenIncident.nodeLost(last, new NodeEpoch("third", 9), RECORDED)
                        .id())
                .isEqualTo(end.id());
    }

    @Test
    void shouldDeriveTheSameEndWhateverTheOrderOfFieldsAndDecimals() throws IOException {
        byte[] last = IncidentJson.incident(Incidents.bareHead("gate-3", 1, 2, Incident.Phase.UPDATE), RECORDED);
        assertThat(text(WrittenIncident.interrupted(last, 3, RECORDED).value()))
                .startsWith("{\"schema\":\"helmwatch.events/1\",\"id\":\"gate-3/1795176000/no-helmet-in-pit/1/3/0\",")
                .contains(
                        "\"confidence\":{\"peak\":0.912,\"mean\":0.84}",
                        "\"lastAt\":\"2026-11-20T12:00:04.240Z\",\"endedAt\":\"2026-11-20T12:00:04.240Z\",");
        ObjectNode reversed = MAPPER.createObjectNode();
        List<Map.Entry<String, JsonNode>> fields =
                new ArrayList<>(MAPPER.readTree(last).properties());
        Collections.reverse(fields);
        fields.forEach(field -> reversed.set(field.getKey(), field.getValue()));
        assertThat(MAPPER.readTree(WrittenIncident.interrupted(MAPPER.writeValueAsBytes(reversed), 3, RECORDED)
                        .value()))
                .isEqualTo(MAPPER.readTree(
                        WrittenIncident.interrupted(last, 3, RECORDED).value()));
        assertThatThrownBy(() -> WrittenIncident.interrupted(new byte[] {'7'}, 3, RECORDED))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("not an incident");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            startedAt | `"+1000000000-12-31T23:59:59Z"`
            epoch     | 9223372036854775807
            phase     | `"before"`
            positions | `[{"at":"soon"}]`
            """)
    void shouldReadNothingWhereAFieldCannotBe(String field, String value) throws IOException {
        ObjectNode message = (ObjectNode) MAPPER.readTree(
                IncidentJson.incident(Incidents.bareHead("gate-3", 1, 2, Incident.Phase.END), RECORDED));
        assertThat(IncidentReader.read(MAPPER.writeValueAsBytes(message))).isPresent();

        message.set(field, MAPPER.readTree(value));

        assertThat(IncidentReader.read(MAPPER.writeValueAsBytes(message))).isEmpty();
    }

    @Test
    void shouldFitThePublishedSchema() throws IOException {
        Incident start = Incidents.bareHead("gate-3", 1, 0, Incident.Phase.START);
        Incident withPicture = start.withSnapshot(new Incident.Snapshot("a.jpg", "a".repeat(64), null, null));
        for (Incident incident : List.of(
                start,
                withPicture,
                Incidents.bareHead("gate-3", 1, 1, Incident.Phase.UPDATE),
                Incidents.bareHead("gate-3", 1, 2, Incident.Phase.END),
                Incidents.crowd())) {
            assertThat(problems(MAPPER.readTree(IncidentJson.incident(incident, RECORDED))))
                    .as(incident.eventId())
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(Incident.EndReason.class)
    void shouldFitThePublishedSchemaWhateverTheReasonOfTheEnd(Incident.EndReason reason) throws IOException {
        Incident end = Incidents.bareHead("gate-3", 1, 2, Incident.Phase.END, reason);
        assertThat(problems(MAPPER.readTree(IncidentJson.incident(end, RECORDED))))
                .isEmpty();
    }

    @Test
    void shouldNotFitTheSchemaWhenAFieldIsMissingUnknownOrOfAnotherKind() throws IOException {
        byte[] message = IncidentJson.incident(Incidents.crowd(), RECORDED);
        for (String[] change : new String[][] {
            {"\"phase\":\"end\",", ""},
            {"\"phase\":\"end\"", "\"phase\":\"over\""},
            {"\"observations\":120", "\"observations\":\"120\""},
            {"\"width\":1280", "\"width\":1280,\"depth\":3"},
            {"\"lastAt\":\"2026-11-20T12:00:09.000Z\"", "\"lastAt\":\"noon\""},
            {"\"endedAt\":\"2026-11-20T12:00:09.000Z\",", ""},
            {"\"endReason\":\"compliance\",", ""},
            {"\"people\":{\"count\":7,\"limit\":5},", ""},
        }) {
            JsonNode broken = MAPPER.readTree(text(message).replace(change[0], change[1]));
            assertThat(problems(broken)).as(change[1]).isNotEmpty();
        }
    }

    @Test
    void shouldRequireWhatEveryIncidentWithoutHelmetHas() {
        String message =
                text(IncidentJson.incident(Incidents.bareHead("gate-3", 1, 0, Incident.Phase.START), RECORDED));
        assertThat(SchemaFiles.events().violations(message)).isEmpty();
        assertThat(SchemaFiles.events().violations(message.replace("\"track\":17,\"startedAt\"", "\"startedAt\"")))
                .isNotEmpty();
        assertThat(SchemaFiles.events().violations(message.replace("\"object\":", "\"subject\":")))
                .isNotEmpty();
    }

    @Test
    void shouldLetConsumersAcceptPropertiesThatAreAddedLater() {
        String message = text(IncidentJson.incident(
                Incidents.bareHead("gate-3", 1, 0, Incident.Phase.START)
                        .withSnapshot(new Incident.Snapshot("a.jpg", "a".repeat(64), null, null)),
                RECORDED));
        String later = message.replace("{\"", "{\"added\":{\"later\":true},\"");
        assertThat(later).isNotEqualTo(message);
        assertThat(SchemaFiles.events().violations(later)).isEmpty();
    }

    @Test
    void shouldCarryThePolygonOfTheZoneAndTheUrlsOfTheSnapshot() throws IOException {
        Incident incident = Incidents.bareHead("gate-3", 1, 0, Incident.Phase.START)
                .withSnapshot(new Incident.Snapshot(
                        "a.jpg",
                        "a".repeat(64),
                        "a-drawn.jpg",
                        "b".repeat(64),
                        "https://images.example/a.jpg",
                        "https://images.example/a-drawn.jpg"))
                .withZonePolygon(List.of(
                        new Incident.Corner(0, 0.5), new Incident.Corner(0.123_46, 1), new Incident.Corner(1, 0)));
        String message = text(IncidentJson.incident(incident, RECORDED));
        assertThat(message)
                .contains(
                        "\"zone\":\"pit\",\"zonePolygon\":[[0.0000,0.5000],[0.1235,1.0000],[1.0000,0.0000]],",
                        "\"url\":\"https://images.example/a.jpg\",\"drawnUrl\":\"https://images.example/a-drawn.jpg\"}");
        assertThat(SchemaFiles.events().complaints(message)).isEmpty();
        JsonNode end =
                MAPPER.readTree(WrittenIncident.interrupted(message.getBytes(StandardCharsets.UTF_8), 1, RECORDED)
                        .value());
        assertThat(end.get("zonePolygon")).hasSize(3);
    }

    private static Set<String> problems(JsonNode message) {
        return SchemaFiles.events().complaints(message.toString());
    }

    private static String text(byte[] json) {
        return new String(json, StandardCharsets.UTF_8);
    }
}
