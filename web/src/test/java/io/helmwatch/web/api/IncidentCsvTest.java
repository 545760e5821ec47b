package io.helmwatch.web.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.web.Incidents.Acknowledgement;
import io.helmwatch.web.Incidents.Incident;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IncidentCsvTest {
    private static final Instant AT = Instant.parse("2026-11-20T12:00:00Z");

    @ParameterizedTest(name = "{0} becomes {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\u0007',
            value = {
                "plain|plain",
                "a, b|\"a, b\"",
                "he said \"no\"|\"he said \"\"no\"\"\"",
                "=1+1|'=1+1",
                "@SUM(A1)|'@SUM(A1)",
                "-1,5|\"'-1,5\"",
                "+1|'+1",
                "1-2|1-2"
            })
    void shouldQuoteTextAndDisarmFormulas(String note, String cell) {
        Incident incident = new Incident(
                "gate-3/1/no-helmet/1",
                "gate-3",
                "no-helmet",
                "no-helmet",
                null,
                List.of(),
                "open",
                AT,
                null,
                null,
                4.25,
                0.876,
                1,
                2,
                new Acknowledgement(AT, "kim", note),
                false,
                10,
                10,
                List.of(),
                null,
                null,
                false);
        String[] lines = IncidentCsv.of(List.of(incident)).split("\r\n", -1);
        assertThat(lines).hasSize(3);
        assertThat(lines[1])
                .isEqualTo("gate-3/1/no-helmet/1,gate-3,no-helmet,no-helmet,,open,2026-11-20T12:00:00Z,,,4.3,0.88,1,"
                        + "2026-11-20T12:00:00Z,kim," + cell);
    }
}
