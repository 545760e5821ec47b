package io.helmwatch.web.api;

import io.helmwatch.web.RefusedException;
import io.helmwatch.web.RefusedException.Kind;
import io.helmwatch.web.Reports;
import io.helmwatch.web.report.ReportCsv;
import io.helmwatch.web.report.ReportHtml;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reports of a time, as JSON, as HTML to print, and as a table. Threading: any thread. */
final class ReportRoutes {
    private static final Duration DEFAULT_TIME = Duration.ofDays(7);
    private static final Duration LONGEST_TIME = Duration.ofDays(Reports.MOST_DAYS);
    private static final Route.Parameter[] TIMES = {
        new Route.Parameter(
                "from",
                String.class,
                "earliest time such as 2026-11-20T12:00:00Z, or day such as 2026-11-20 in the time zone of reports;"
                        + " default: 7 days before `to`"),
        new Route.Parameter("to", String.class, "time before, or day before; default: now")
    };

    private final @Nullable Reports reports;

    private record Times(Instant from, Instant to) {}

    ReportRoutes(@Nullable Reports reports) {
        this.reports = reports;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                                "/report",
                                "getReport",
                                "Compliance, incidents and availability of cameras over a time",
                                Reports.Report.class,
                                call -> Reply.json(report(call)))
                        .with(TIMES),
                Route.get(
                                "/report.html",
                                "printReport",
                                "The report to print",
                                byte[].class,
                                call -> Reply.bytes(
                                        ReportHtml.TYPE,
                                        ReportHtml.linked(report(call)).getBytes(StandardCharsets.UTF_8)))
                        .with(TIMES)
                        .answering(ReportHtml.TYPE),
                Route.get("/report.csv", "exportReport", "The hours of the report as a table", byte[].class, this::csv)
                        .with(TIMES)
                        .answering(ReportCsv.TYPE));
    }

    private Reports reports() {
        if (reports == null) {
            throw RefusedException.unavailable("reports are not available: the history cannot be used");
        }
        return reports;
    }

    private Reports.Report report(Call call) {
        Times times = times(call);
        return reports().between(times.from(), times.to());
    }

    private Reply csv(Call call) {
        Times times = times(call);
        String table = ReportCsv.of(
                reports().hours(times.from(), times.to()), reports().timeZone());
        return Reply.bytes(ReportCsv.TYPE, table.getBytes(StandardCharsets.UTF_8))
                .with("Content-Disposition", "attachment; filename=\"compliance.csv\"");
    }

    private Times times(Call call) {
        ZoneId timeZone = reports().timeZone();
        Instant givenTo = call.dayOrInstant("to", timeZone);
        Instant to = givenTo == null ? Instant.now() : givenTo;
        Instant givenFrom = call.dayOrInstant("from", timeZone);
        Instant from = givenFrom == null ? to.minus(DEFAULT_TIME) : givenFrom;
        if (from.isAfter(to) || Duration.between(from, to).compareTo(LONGEST_TIME) > 0) {
            throw new RefusedException(
                    Kind.INVALID, "from must be before to, by at most " + Reports.MOST_DAYS + " days");
        }
        return new Times(from, to);
    }
}
