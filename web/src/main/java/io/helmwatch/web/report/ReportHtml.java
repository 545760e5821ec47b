package io.helmwatch.web.report;

import io.helmwatch.web.Reports.CameraAvailability;
import io.helmwatch.web.Reports.Figures;
import io.helmwatch.web.Reports.HourOfDayFigures;
import io.helmwatch.web.Reports.Report;
import io.helmwatch.web.Reports.ReportedIncident;
import io.helmwatch.web.Reports.ShiftFigures;
import io.helmwatch.web.Reports.ZoneFigures;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A report as one HTML document without script, made to be printed.
 *
 * <p>Threading: any thread.
 */
public final class ReportHtml {
    /** Its content type. */
    public static final String TYPE = "text/html; charset=utf-8";

    private static final String STYLE_SHEET = "/io/helmwatch/web/page/report.css";
    private static final int HOURS = 24;
    private static final double SECONDS_PER_HOUR = 3_600;
    /** Colours of the hours, from all with a helmet to half or less, as on the page's overview. */
    private static final int HEAT_STEPS = 6;

    private static final double WORST_SHARE = 0.5;
    private static final List<String> FIGURES =
            List.of("Compliance", "Helmet", "Bare", "Uncertain", "Incidents", "Time to compliance");

    private final Report report;
    private final ReportWords words;
    private final HtmlDocument document;

    private ReportHtml(Report report, String style) {
        this.report = report;
        words = new ReportWords(ZoneId.of(report.timeZone()));
        document = new HtmlDocument(
                (report.site().isEmpty() ? "" : report.site() + ": ") + "compliance report "
                        + words.period(report.from(), report.to()),
                style);
    }

    /** The document as the server sends it, with a link to its style sheet. */
    public static String linked(Report report) {
        return new ReportHtml(report, "<link rel=\"stylesheet\" href=\"/report.css\">").write();
    }

    /** The document as a file of its own. */
    public static String standalone(Report report) {
        try (InputStream style = ReportHtml.class.getResourceAsStream(STYLE_SHEET)) {
            if (style == null) {
                throw new IllegalStateException(STYLE_SHEET + " is missing on the class path");
            }
            return new ReportHtml(
                            report, "<style>\n" + new String(style.readAllBytes(), StandardCharsets.UTF_8) + "</style>")
                    .write();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String write() {
        if (!report.site().isEmpty()) {
            document.text("p", "site", report.site());
        }
        document.text("h1", "", "Compliance report");
        document.text("p", "period", words.period(report.from(), report.to()) + " (" + report.timeZone() + ")");
        total();
        zones();
        shifts();
        hours();
        cameras();
        incidents();
        document.text(
                "p",
                "note",
                "Compliance is the share of observed heads with a helmet among heads with a helmet and bare heads, summed over"
                        + " analysed frames. Time to compliance is the median duration of incidents that ended by compliance."
                        + " The site is the sum of all cameras; a zone is part of its camera.");
        return document.end();
    }

    private void total() {
        Figures total = report.total();
        document.figures();
        document.figure("Compliance", ReportWords.percent(total.compliance()), "");
        document.figure(
                "Incidents",
                ReportWords.count(total.incidents()),
                ReportWords.count(total.complied()) + " ended by compliance");
        document.figure("Time to compliance", ReportWords.duration(total.timeToComplianceSeconds()), "median");
        document.figure(
                "Person hours",
                String.format(Locale.ENGLISH, "%,.1f", total.personSeconds() / SECONDS_PER_HOUR),
                "observed");
        document.endFigures();
    }

    private void zones() {
        document.table("By zone", "", List.of("Zone"), FIGURES);
        for (ZoneFigures zone : byName(report.zones(), ZoneFigures::stream)) {
            document.row(List.of(ReportWords.place(zone.stream(), zone.zone())), figures(zone.figures()));
        }
        if (report.zones().isEmpty()) {
            document.row(List.of("No heads were observed."), Collections.nCopies(FIGURES.size(), ""));
        }
        document.endTable();
    }

    /** Only where there are shifts. */
    private void shifts() {
        Map<String, List<ShiftFigures>> shifts = new LinkedHashMap<>();
        report.shifts()
                .forEach(shift -> shifts.computeIfAbsent(shift.shift(), name -> new ArrayList<>())
                        .add(shift));
        if (shifts.keySet().stream().allMatch(String::isEmpty)) {
            return;
        }
        document.table("By shift", "", List.of("Zone"), FIGURES);
        shifts.forEach((name, rows) -> {
            document.group(name.isEmpty() ? "outside shifts" : name, 1 + FIGURES.size());
            for (ShiftFigures row : byName(rows, ShiftFigures::stream)) {
                String stream = row.stream();
                document.row(
                        List.of(stream == null ? "all cameras" : ReportWords.place(stream, row.zone())),
                        figures(row.figures()));
            }
        });
        document.endTable();
    }

    /** By name of the camera, whatever its capitals; what has none first, and the zones of a camera in their order. */
    private static <T> List<T> byName(List<T> rows, Function<T, @Nullable String> stream) {
        Comparator<@Nullable String> order = Comparator.nullsFirst(String.CASE_INSENSITIVE_ORDER);
        return rows.stream()
                .sorted((a, b) -> order.compare(stream.apply(a), stream.apply(b)))
                .toList();
    }

    private static List<String> figures(Figures figures) {
        return List.of(
                ReportWords.percent(figures.compliance()),
                ReportWords.count(figures.helmet()),
                ReportWords.count(figures.bare()),
                ReportWords.count(figures.uncertain()),
                ReportWords.count(figures.incidents()),
                ReportWords.duration(figures.timeToComplianceSeconds()));
    }

    private void hours() {
        Map<String, @Nullable Double[]> places = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (HourOfDayFigures hour : report.hours()) {
            places.computeIfAbsent(ReportWords.place(hour.stream(), hour.zone()), place -> new Double[HOURS])[
                            hour.hour()] =
                    hour.figures().compliance();
        }
        if (places.isEmpty()) {
            return;
        }
        List<String> headings = new ArrayList<>();
        for (int hour = 0; hour < HOURS; hour++) {
            headings.add(String.format(Locale.ROOT, "%02d", hour));
        }
        document.table("Compliance by hour of the day, in per cent", "hours", List.of("Zone"), headings);
        places.forEach((place, shares) -> document.coloured(
                place,
                Arrays.stream(shares).map(ReportHtml::wholePercent).toList(),
                Arrays.stream(shares).map(ReportHtml::heat).toList()));
        document.endTable();
    }

    private static String wholePercent(@Nullable Double share) {
        return share == null ? "" : Long.toString((long) Math.floor(100 * share));
    }

    private static String heat(@Nullable Double share) {
        return share == null
                ? "none"
                : "heat-"
                        + Math.min(HEAT_STEPS - 1, (int) Math.ceil((1 - share) / (1 - WORST_SHARE) * (HEAT_STEPS - 1)));
    }

    private void cameras() {
        document.table(
                "Availability of cameras", "", List.of("Camera"), List.of("Analysed", "Minutes", "Minutes analysed"));
        for (CameraAvailability camera : byName(report.cameras(), CameraAvailability::stream)) {
            document.row(
                    List.of(camera.stream()),
                    List.of(
                            ReportWords.percent(camera.availability()),
                            ReportWords.count(camera.minutes()),
                            ReportWords.count(camera.analysedMinutes())));
        }
        document.endTable();
    }

    private void incidents() {
        int shown = report.incidents().size();
        if (shown == 0) {
            return;
        }
        document.table(
                shown < report.total().incidents()
                        ? "Incidents, the latest " + ReportWords.count(shown) + " of "
                                + ReportWords.count(report.total().incidents())
                        : "Incidents",
                "incidents",
                List.of("Start", "Zone", "Rule", "End", "Acknowledged by"),
                List.of("Duration"));
        for (ReportedIncident incident : report.incidents()) {
            document.row(
                    List.of(
                            words.time(incident.startedAt()),
                            ReportWords.place(incident.stream(), incident.zone()),
                            incident.rule(),
                            ReportWords.end(incident.endReason()),
                            ReportWords.acknowledgedBy(incident.acknowledgedBy())),
                    List.of(ReportWords.duration(incident.seconds())));
        }
        document.endTable();
    }
}
