package io.helmwatch.sinks.notify;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.config.sink.NotifyConfig;
import io.helmwatch.sinks.IncidentJson;
import io.helmwatch.sinks.spool.Incidents;
import io.helmwatch.sinks.spool.SpooledEvent;
import io.helmwatch.vision.Incident;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class NotifyTemplateTest {
    private static NotifyMessage message(int number, Incident.Phase phase) {
        Incident incident = Incidents.bareHead("gate", number, phase == Incident.Phase.START ? 0 : 1, phase);
        return NotifyMessage.of(new SpooledEvent(
                0,
                incident.eventId(),
                incident.id(),
                incident.stream(),
                phase.name().toLowerCase(Locale.ROOT),
                incident.decidedAtMillis(),
                IncidentJson.incident(incident, Incidents.NOON)));
    }

    @Test
    void shouldPutInWhatAMessageSays() {
        NotifyTemplate template =
                NotifyTemplate.ofText("{{camera}}/{{ Rule }}/{{zone}} {{type}} {{started}} {{ended}}|");
        assertThat(template.render(List.of(message(1, Incident.Phase.START)), ZoneOffset.UTC))
                .isEqualTo("gate/no-helmet-in-pit/pit incident.start 2026-11-20 12:00:00 Z |");
        assertThat(NotifyTemplate.ofText("{{reason}}").render(List.of(message(1, Incident.Phase.END)), ZoneOffset.UTC))
                .isEqualTo("compliance");
    }

    @Test
    void shouldKnowEveryPlaceholderThatTheConfigurationAccepts() {
        for (String placeholder : NotifyConfig.PLACEHOLDERS) {
            String text = "{{" + placeholder + "}}";
            assertThat(NotifyTemplate.ofText(text).render(List.of(message(1, Incident.Phase.END)), ZoneOffset.UTC))
                    .doesNotContain("{{");
            assertThat(NotifyTemplate.ofText(text).render(List.of(NotifyMessage.test("guards", 1)), ZoneOffset.UTC))
                    .doesNotContain("{{");
        }
    }

    @Test
    void shouldStayJsonWhateverTheTextsContain() throws Exception {
        String body = NotifyTemplate.ofJson("{\"text\": \"{{text}}\", \"n\": 1}")
                .render(List.of(message(1, Incident.Phase.START), message(2, Incident.Phase.START)), ZoneOffset.UTC);
        String text = new ObjectMapper()
                .readTree(body.getBytes(StandardCharsets.UTF_8))
                .path("text")
                .asText();
        assertThat(text).contains("gate/1795176000/no-helmet-in-pit/1/0\n", "gate/1795176000/no-helmet-in-pit/2/0\n");
    }

    @Test
    void shouldSayHowManyMessagesADigestHas() {
        assertThat(NotifyTemplate.ofText("{{type}}: {{subject}}")
                        .render(
                                List.of(message(1, Incident.Phase.START), message(2, Incident.Phase.START)),
                                ZoneOffset.UTC))
                .startsWith("digest: No helmet at gate, pit since")
                .endsWith(", and 1 more messages");
    }
}
