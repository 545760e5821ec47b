package io.helmwatch.web.report;

import io.helmwatch.web.Reports.Figures;
import io.helmwatch.web.Reports.HourlyFigures;
import java.math.BigDecimal;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The hours of a report as a table (RFC 4180), one row for each stream, zone, hour and shift, from which a spreadsheet makes any other sum. A text that a
 * spreadsheet would take for a formula gets an apostrophe in front.
 *
 * <p>Threading: any thread.
 */
public final class ReportCsv {
    /** Its content type. */
    public static final String TYPE = "text/csv; charset=utf-8";

    private static final String HEADER = "stream,zone,day,hour,start,shift,helmet,bare,uncertain,frames,personSeconds,"
            + "compliance,incidents,complied,timeToComplianceSeconds,analysedMinutes\r\n";
    private static final Pattern FORMULA = Pattern.compile("[=+\\-@\\t\\r].*", Pattern.DOTALL);

    private ReportCsv() {}

    /** The table; the zone is empty in rows of the whole frame. */
    public static String of(List<HourlyFigures> hours, ZoneId timeZone) {
        StringBuilder table = new StringBuilder(HEADER);
        for (HourlyFigures row : hours) {
            ZonedDateTime local = row.hour().atZone(timeZone);
            Figures figures = row.figures();
            text(table, row.stream());
            text(table, row.zone());
            table.append(local.toLocalDate()).append(',');
            table.append(local.getHour()).append(',');
            table.append(DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(local)).append(',');
            text(table, row.shift());
            table.append(figures.helmet()).append(',');
            table.append(figures.bare()).append(',');
            table.append(figures.uncertain()).append(',');
            table.append(figures.frames()).append(',');
            number(table, figures.personSeconds());
            number(table, figures.compliance());
            table.append(figures.incidents()).append(',');
            table.append(figures.complied()).append(',');
            number(table, figures.timeToComplianceSeconds());
            table.append(row.analysedMinutes()).append("\r\n");
        }
        return table.toString();
    }

    /** Names have no comma and no quotation mark. */
    private static void text(StringBuilder table, @Nullable String value) {
        if (value != null) {
            table.append(FORMULA.matcher(value).matches() ? "'" + value : value);
        }
        table.append(',');
    }

    private static void number(StringBuilder table, @Nullable Double value) {
        if (value != null) {
            table.append(BigDecimal.valueOf(value).toPlainString());
        }
        table.append(',');
    }
}
