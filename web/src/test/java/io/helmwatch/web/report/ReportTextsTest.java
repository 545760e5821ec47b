package io.helmwatch.web.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.web.Reports.CameraAvailability;
import io.helmwatch.web.Reports.Figures;
import io.helmwatch.web.Reports.HourOfDayFigures;
import io.helmwatch.web.Reports.HourlyFigures;
import io.helmwatch.web.Reports.Report;
import io.helmwatch.web.Reports.ReportedIncident;
import io.helmwatch.web.Reports.ShiftFigures;
import io.helmwatch.web.Reports.ZoneFigures;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReportTextsTest {
    private static final Figures FIGURES = new Figures(90, 5, 3, 1_000, 7_200.5, 0.9474, 2, 1, 4.2);
    private static final Figures NOTHING = new Figures(0, 0, 0, 0, 0, null, 0, 0, null);
    private static final Instant NOON = Instant.parse("2026-11-20T12:00:00Z");

    private static Report report() {
        return report("<kim>");
    }

    private static Report report(String acknowledgedBy) {
        return new Report(
                "North <yard>",
                NOON,
                NOON.plusSeconds(3_600),
                "Europe/Berlin",
                FIGURES,
                List.of(new ZoneFigures("gate", null, FIGURES), new ZoneFigures("gate", "pit", NOTHING)),
                List.of(new ShiftFigures("early", null, null, FIGURES), new ShiftFigures("", "gate", "pit", NOTHING)),
                List.of(new HourOfDayFigures(13, "gate", "pit", FIGURES)),
                List.of(new CameraAvailability("gate", 60, 59, 0.9833)),
                List.of(new ReportedIncident("i", "gate", "pit", "bare", NOON, 12, "compliance", acknowledgedBy)));
    }

    @Test
    void shouldWriteADocumentOfItsOwnToPrintWithTextsEscapedAndLocalTimes() {
        String html = ReportHtml.standalone(report());
        assertThat(html)
                .contains("North &lt;yard&gt;", "20 Nov 2026, 13:00 to 20 Nov 2026, 14:00 (Europe/Berlin)")
                .contains("94.7 %", "2.0", "gate · pit", "outside shifts", "all cameras", "98.3 %")
                .contains(
                        "&lt;kim&gt;",
                        "the latest 1 of 2",
                        "@media print",
                        "<td class=\"heat-1\">94</td>",
                        "complied with")
                .doesNotContain("<kim>", "<yard>", "<script", "href=");
        assertThat(ReportHtml.linked(report())).contains("href=\"/report.css\"").doesNotContain("<style");
    }

    @Test
    void shouldShowAnAcknowledgementOfSomebodyWithoutAName() {
        assertThat(ReportHtml.standalone(report(""))).contains("<td>acknowledged</td>");
        assertThat(ReportHtml.standalone(report(null))).doesNotContain("<td>acknowledged</td>");
    }

    @Test
    void shouldWriteARowForEachHourAndShift() {
        String csv = ReportCsv.of(
                List.of(
                        new HourlyFigures("gate", "pit", NOON, "early", FIGURES, 0),
                        new HourlyFigures("-gate", null, NOON, "", NOTHING, 15)),
                ZoneId.of("Europe/Berlin"));
        assertThat(csv.split("\r\n", -1))
                .containsExactly(
                        "stream,zone,day,hour,start,shift,helmet,bare,uncertain,frames,personSeconds,compliance,"
                                + "incidents,complied,timeToComplianceSeconds,analysedMinutes",
                        "gate,pit,2026-11-20,13,2026-11-20T13:00:00+01:00,early,90,5,3,1000,7200.5,0.9474,2,1,4.2,0",
                        "'-gate,,2026-11-20,13,2026-11-20T13:00:00+01:00,,0,0,0,0,0.0,,0,0,,15",
                        "");
    }
}
