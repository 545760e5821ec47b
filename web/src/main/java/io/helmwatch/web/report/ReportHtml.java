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
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
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
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT);
    private static final String NONE = "–";
    private static final int HOURS = 24;

    private final Report report;
    private final ZoneId timeZone;
    private final StringBuilder html = new StringBuilder();

    private ReportHtml(Report report) {
        this.report = report;
        this.timeZone = ZoneId.of(report.timeZone());
    }

    /** The document as the server sends it, with a link to its style sheet. */
    public static String linked(Report report) {
        return new ReportHtml(report).document("<link rel=\"stylesheet\" href=\"/report.css\">");
    }

    /** The document as a file of its own. */
    public static String standalone(Report report) {
        try (InputStream style = ReportHtml.class.getResourceAsStream(STYLE_SHEET)) {
            if (style == null) {
                throw new IllegalStateException(STYLE_SHEET + " is missing on the class path");
            }
            return new ReportHtml(report)
                    .document("<style>\n" + new String(style.readAllBytes(), StandardCharsets.UTF_8) + "</style>");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String document(String style) {
        String title = (report.site().isEmpty() ? "" : report.site() + ": ") + "compliance report";
        html.append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>")
                .append(escaped(title))
                .append("</title>\n")
                .append(style)
                .append("\n</head>\n<body>\n<h1>")
                .append(escaped(title))
                .append("</h1>\n<p>")
                .append(escaped(time(report.from()) + " to " + time(report.to()) + ", " + report.timeZone()))
                .append("</p>\n");
        total();
        zones();
        shifts();
        hours();
        cameras();
        incidents();
        html.append(
                        "<p class=\"note\">Compliance is the share of observed heads with a helmet among heads with a helmet and bare heads,")
                .append(
                        " summed over analysed frames. Time to compliance is the median duration of incidents that ended by compliance.")
                .append("</p>\n</body>\n</html>\n");
        return html.toString();
    }

    private void total() {
        Figures total = report.total();
        table(
                "The site",
                List.of("compliance", "person hours", "incidents", "ended by compliance", "time to compliance"));
        row(
                List.of(),
                List.of(
                        percent(total.compliance()),
                        String.format(Locale.ROOT, "%.1f", total.personSeconds() / 3_600),
                        Long.toString(total.incidents()),
                        Long.toString(total.complied()),
                        seconds(total.timeToComplianceSeconds())));
        end();
    }

    private void zones() {
        table(
                "By zone",
                List.of("zone", "compliance", "helmet", "bare", "uncertain", "incidents", "time to compliance"));
        for (ZoneFigures zone : report.zones()) {
            Figures figures = zone.figures();
            row(
                    List.of(place(zone.stream(), zone.zone())),
                    List.of(
                            percent(figures.compliance()),
                            Long.toString(figures.helmet()),
                            Long.toString(figures.bare()),
                            Long.toString(figures.uncertain()),
                            Long.toString(figures.incidents()),
                            seconds(figures.timeToComplianceSeconds())));
        }
        end();
    }

    private void shifts() {
        table("By shift", List.of("shift", "zone", "compliance", "helmet", "bare", "incidents", "time to compliance"));
        for (ShiftFigures shift : report.shifts()) {
            Figures figures = shift.figures();
            String stream = shift.stream();
            row(
                    List.of(
                            shift.shift().isEmpty() ? "outside shifts" : shift.shift(),
                            stream == null ? "all cameras" : place(stream, shift.zone())),
                    List.of(
                            percent(figures.compliance()),
                            Long.toString(figures.helmet()),
                            Long.toString(figures.bare()),
                            Long.toString(figures.incidents()),
                            seconds(figures.timeToComplianceSeconds())));
        }
        end();
    }

    private void hours() {
        Map<String, String[]> places = new TreeMap<>();
        for (HourOfDayFigures hour : report.hours()) {
            Double compliance = hour.figures().compliance();
            places.computeIfAbsent(place(hour.stream(), hour.zone()), place -> new String[HOURS])[hour.hour()] =
                    compliance == null ? null : Long.toString((long) Math.floor(100 * compliance));
        }
        html.append(
                "<h2>By hour of the day: compliance in per cent</h2>\n<table class=\"hours\"><thead><tr><th>zone</th>");
        for (int hour = 0; hour < HOURS; hour++) {
            html.append("<th>").append(String.format(Locale.ROOT, "%02d", hour)).append("</th>");
        }
        html.append("</tr></thead><tbody>\n");
        places.forEach((place, cells) -> {
            html.append("<tr><th>").append(escaped(place)).append("</th>");
            for (String cell : cells) {
                html.append("<td>").append(cell == null ? "" : cell).append("</td>");
            }
            html.append("</tr>\n");
        });
        end();
    }

    private void cameras() {
        table("Availability of cameras", List.of("camera", "analysed", "minutes", "analysed minutes"));
        for (CameraAvailability camera : report.cameras()) {
            row(
                    List.of(camera.stream()),
                    List.of(
                            percent(camera.availability()),
                            Long.toString(camera.minutes()),
                            Long.toString(camera.analysedMinutes())));
        }
        end();
    }

    private void incidents() {
        int shown = report.incidents().size();
        String title = shown < report.total().incidents()
                ? "Incidents, the latest " + shown + " of " + report.total().incidents()
                : "Incidents";
        html.append("<h2>").append(title).append("</h2>\n<table><thead><tr>");
        for (String column : List.of("start", "zone", "rule", "duration", "end", "acknowledged by")) {
            html.append("<th>").append(column).append("</th>");
        }
        html.append("</tr></thead><tbody>\n");
        for (ReportedIncident incident : report.incidents()) {
            String endReason = incident.endReason();
            row(
                    List.of(
                            time(incident.startedAt()),
                            place(incident.stream(), incident.zone()),
                            incident.rule(),
                            seconds(incident.seconds()),
                            endReason == null ? "open" : endReason,
                            acknowledgedBy(incident)),
                    List.of());
        }
        end();
    }

    /** Without logins nobody has a name. */
    private static String acknowledgedBy(ReportedIncident incident) {
        String name = incident.acknowledgedBy();
        if (name == null) {
            return "";
        }
        return name.isEmpty() ? "acknowledged" : name;
    }

    private void table(String title, List<String> columns) {
        html.append("<h2>").append(title).append("</h2>\n<table><thead><tr>");
        columns.forEach(column -> html.append("<th>").append(column).append("</th>"));
        html.append("</tr></thead><tbody>\n");
    }

    private void row(List<String> texts, List<String> numbers) {
        html.append("<tr>");
        texts.forEach(text -> html.append("<th>").append(escaped(text)).append("</th>"));
        numbers.forEach(number -> html.append("<td>").append(number).append("</td>"));
        html.append("</tr>\n");
    }

    private void end() {
        html.append("</tbody></table>\n");
    }

    private static String place(String stream, @Nullable String zone) {
        return zone == null ? stream : stream + " · " + zone;
    }

    private String time(Instant instant) {
        return TIME.format(instant.atZone(timeZone));
    }

    private static String percent(@Nullable Double share) {
        return share == null ? NONE : String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }

    private static String seconds(@Nullable Double seconds) {
        return seconds == null ? NONE : String.format(Locale.ROOT, "%.0f s", seconds);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
