package io.helmwatch.pipeline.cli;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.cli.option.CommandFailure;
import io.helmwatch.pipeline.cli.option.ConfigFileOption;
import io.helmwatch.pipeline.cli.process.Console;
import io.helmwatch.pipeline.desk.DeskReports;
import io.helmwatch.sinks.history.HistoryCopy;
import io.helmwatch.sinks.sqlite.SqliteException;
import io.helmwatch.web.RefusedException;
import io.helmwatch.web.Reports;
import io.helmwatch.web.report.ReportCsv;
import io.helmwatch.web.report.ReportHtml;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Reports compliance, incidents and availability of the cameras over a time. */
@Command(
        name = "report",
        description =
                "Reports compliance by zone, hour and shift, incidents, time to compliance and availability of cameras,"
                        + " from the history of the desk; works while the service runs.")
final class ReportCommand implements Callable<Integer> {
    private static final int DEFAULT_DAYS = 7;

    /** How the report is written. */
    enum Format {
        /** To print. */
        HTML,
        /** A row for each zone, hour and shift. */
        CSV
    }

    @Mixin
    private ConfigFileOption file = new ConfigFileOption();

    @Option(
            names = "--from",
            paramLabel = "TIME",
            description = "Start: a day such as 2026-11-01 in desk.time-zone, or a time such as 2026-11-01T06:00:00Z."
                    + " Default: 7 days before --to.")
    private @Nullable String from;

    @Option(names = "--to", paramLabel = "TIME", description = "End, exclusive: a day or a time. Default: now.")
    private @Nullable String to;

    @Option(names = "--format", paramLabel = "FORMAT", description = "html or csv. Default: html.")
    private Format format = Format.HTML;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "File to write. Default: standard output.")
    private @Nullable Path output;

    @Override
    public Integer call() {
        HelmwatchConfig config = file.loadFiles();
        ZoneId timeZone = config.desk().timeZone();
        Instant end = to == null ? Instant.now() : time("--to", to, timeZone);
        Instant start = from == null
                ? end.atZone(timeZone).minusDays(DEFAULT_DAYS).toInstant()
                : time("--from", from, timeZone);
        if (!start.isBefore(end) || Duration.between(start, end).toDays() > Reports.MOST_DAYS) {
            throw CommandFailure.usage("report: --from must be before --to, by at most " + Reports.MOST_DAYS + " days");
        }
        write(text(config, start, end));
        return 0;
    }

    private String text(HelmwatchConfig config, Instant start, Instant end) {
        try (HistoryCopy copy = new HistoryCopy(config.desk())) {
            DeskReports reports = new DeskReports(
                    copy.history(),
                    copy.history(),
                    config.desk(),
                    config.http().site(),
                    () -> config.streams().stream().map(StreamConfig::id).toList(),
                    Clock.systemUTC());
            return switch (format) {
                case HTML -> ReportHtml.standalone(reports.between(start, end));
                case CSV -> ReportCsv.of(reports.hours(start, end), reports.timeZone());
            };
        } catch (SqliteException | RefusedException failure) {
            throw CommandFailure.failed(String.valueOf(failure.getMessage()), failure);
        }
    }

    private static Instant time(String option, String text, ZoneId timeZone) {
        try {
            return text.indexOf('T') < 0
                    ? LocalDate.parse(text).atStartOfDay(timeZone).toInstant()
                    : Instant.parse(text);
        } catch (DateTimeException damaged) {
            throw CommandFailure.usage("report: " + option + " " + text
                    + ": must be a day such as 2026-11-01 or a time such as 2026-11-01T06:00:00Z");
        }
    }

    private void write(String text) {
        Path target = output;
        if (target == null) {
            System.out.print(text);
            System.out.flush();
            return;
        }
        try {
            Files.writeString(target, text, StandardCharsets.UTF_8);
        } catch (IOException failure) {
            throw CommandFailure.failed("report: " + target + " cannot be written: " + failure.getMessage(), failure);
        }
        Console.say("report written to " + target);
    }
}
