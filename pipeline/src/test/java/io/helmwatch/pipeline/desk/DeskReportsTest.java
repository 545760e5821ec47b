package io.helmwatch.pipeline.desk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.helmwatch.config.http.DeskConfig;
import io.helmwatch.config.http.ShiftConfig;
import io.helmwatch.config.schema.RequestLimits;
import io.helmwatch.sinks.compliance.ComplianceJson;
import io.helmwatch.sinks.history.HistoryCopy;
import io.helmwatch.sinks.history.IncidentHistory;
import io.helmwatch.vision.ComplianceMinute;
import io.helmwatch.vision.HeadCounts;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.ModelIdentity;
import io.helmwatch.web.Reports.CameraAvailability;
import io.helmwatch.web.Reports.Figures;
import io.helmwatch.web.Reports.HourlyFigures;
import io.helmwatch.web.Reports.Report;
import io.helmwatch.web.Reports.ShiftFigures;
import io.helmwatch.web.Reports.ZoneFigures;
import io.helmwatch.web.report.ReportCsv;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reports of two days of random counts and incidents against a recount of the messages about them. */
class DeskReportsTest {
    private static final ModelIdentity MODEL = new ModelIdentity("m", "1", "fp32", "cpu");
    /** A quarter of an hour away from full hours of UTC. */
    private static final ZoneId KATHMANDU = ZoneId.of("Asia/Kathmandu");

    private static final Instant FROM = Instant.parse("2026-11-20T00:00:00Z");
    private static final Instant TO = FROM.plus(Duration.ofDays(2));
    private static final List<ShiftConfig> SHIFTS = List.of(
            new ShiftConfig("early", LocalTime.of(6, 30), LocalTime.of(14, 0)),
            new ShiftConfig("night", LocalTime.of(22, 0), LocalTime.of(6, 15)));

    @TempDir
    Path folder;

    /** The messages as a topic has them: the values, in order, with repeats and corrections. */
    private final List<byte[]> counts = new ArrayList<>();

    private final List<Incident> incidents = new ArrayList<>();
    /** What a consumer makes of the topic of counts. */
    private List<ComplianceMinute> latest = List.of();

    private DeskConfig desk() {
        return new DeskConfig(folder, Duration.ofDays(90), 1L << 30, KATHMANDU, SHIFTS, RequestLimits.NONE);
    }

    private DeskReports reports(IncidentHistory history) {
        return new DeskReports(
                history,
                history,
                desk(),
                "North yard",
                () -> List.of("gate", "yard", "dead"),
                Clock.fixed(TO.plusSeconds(60), ZoneOffset.UTC));
    }

    @BeforeEach
    void makeTwoDays() {
        Random random = new Random(5);
        try (IncidentHistory history = new IncidentHistory(desk(), Clock.fixed(TO, ZoneOffset.UTC))) {
            for (int minute = 0; minute < 2 * 24 * 60; minute++) {
                List<ComplianceMinute> batch = new ArrayList<>();
                for (String stream : List.of("gate", "yard")) {
                    // The camera is dead for a tenth of the time, and started again now and then.
                    for (int part = 0; part < (random.nextInt(50) == 0 ? 2 : 1) && random.nextInt(10) > 0; part++) {
                        for (String zone : List.of("", "pit")) {
                            for (int revision = 0; revision < (random.nextInt(20) == 0 ? 2 : 1); revision++) {
                                batch.add(counted(random, stream, zone, minute, part, revision));
                            }
                        }
                    }
                }
                if (!batch.isEmpty() && random.nextInt(10) == 0) {
                    batch.add(batch.get(0));
                }
                history.store(batch);
                batch.forEach(counted -> counts.add(ComplianceJson.write(counted, 0)));
                if (random.nextInt(30) == 0) {
                    incident(random, minute, incidents.size());
                }
            }
            history.record(incidents);
        }
        latest = latest();
    }

    private static ComplianceMinute counted(
            Random random, String stream, String zone, int minute, int part, int revision) {
        int helmet = random.nextInt(100);
        int bare = random.nextInt(10);
        return new ComplianceMinute(
                stream,
                FROM.toEpochMilli() + part,
                zone,
                FROM.toEpochMilli() + 60_000L * minute,
                revision,
                new HeadCounts(helmet, bare, random.nextInt(5), 300, 200 * (helmet + bare)),
                MODEL,
                null);
    }

    private void incident(Random random, int minute, int number) {
        long start = FROM.toEpochMilli() + 60_000L * minute + random.nextInt(60_000);
        String zone = random.nextBoolean() ? "pit" : null;
        Incident.EndReason reason = random.nextBoolean() ? Incident.EndReason.COMPLIANCE : Incident.EndReason.ABSENCE;
        long last = start + random.nextInt(60_000);
        for (Incident.Phase phase : List.of(Incident.Phase.START, Incident.Phase.END)) {
            boolean isEnd = phase == Incident.Phase.END;
            incidents.add(
                    Incident.builder().id("gate/1/bare/" + number).revision(isEnd ? 1 : 0).phase(phase).stream("gate")
                            .rule("bare")
                            .kind(Incident.Kind.NO_HELMET)
                            .zone(zone)
                            .track(1)
                            .startedAtMillis(start)
                            .lastAtMillis(isEnd ? last : start)
                            .decidedAtMillis(isEnd ? last : start)
                            .decidedSequence(1)
                            .decidedPtsNanos(1)
                            .endReason(isEnd ? reason : null)
                            .peakConfidence(0.9f)
                            .meanConfidence(0.9f)
                            .observations(1)
                            .size(new ImageSize(200, 100))
                            .model(MODEL)
                            .build());
        }
    }

    /** The latest revision of each key. */
    private List<ComplianceMinute> latest() {
        Map<String, ComplianceMinute> latest = new HashMap<>();
        for (byte[] message : counts) {
            try {
                ComplianceMinute minute = ComplianceJson.read(message);
                latest.merge(minute.key(), minute, (a, b) -> a.revision() > b.revision() ? a : b);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
        return List.copyOf(latest.values());
    }

    private static LocalTime local(long millis) {
        return Instant.ofEpochMilli(millis).atZone(KATHMANDU).toLocalTime();
    }

    private static String shiftOf(long millis) {
        LocalTime time = local(millis);
        boolean isEarly = !time.isBefore(LocalTime.of(6, 30)) && time.isBefore(LocalTime.of(14, 0));
        boolean isNight = !time.isBefore(LocalTime.of(22, 0)) || time.isBefore(LocalTime.of(6, 15));
        return isEarly ? "early" : isNight ? "night" : "";
    }

    private void assertRecounted(Figures figures, Predicate<ComplianceMinute> minutes, Predicate<Incident> wanted) {
        List<ComplianceMinute> own = latest.stream().filter(minutes).toList();
        assertThat(figures.helmet())
                .isEqualTo(own.stream()
                        .mapToLong(minute -> minute.counts().helmet())
                        .sum());
        assertThat(figures.bare())
                .isEqualTo(
                        own.stream().mapToLong(minute -> minute.counts().bare()).sum());
        assertThat(figures.uncertain())
                .isEqualTo(own.stream()
                        .mapToLong(minute -> minute.counts().uncertain())
                        .sum());
        assertThat(figures.frames())
                .isEqualTo(own.stream()
                        .mapToLong(minute -> minute.counts().frames())
                        .sum());
        assertThat(figures.personSeconds())
                .isEqualTo(own.stream()
                                .mapToLong(minute -> minute.counts().personMillis())
                                .sum()
                        / 1_000.0);
        List<Incident> ends = incidents.stream()
                .filter(incident -> incident.phase() == Incident.Phase.END)
                .filter(wanted)
                .toList();
        assertThat(figures.incidents()).isEqualTo(ends.size());
        double[] waits = ends.stream()
                .filter(end -> end.endReason() == Incident.EndReason.COMPLIANCE)
                .mapToDouble(end -> (end.lastAtMillis() - end.startedAtMillis()) / 1_000.0)
                .sorted()
                .toArray();
        assertThat(figures.complied()).isEqualTo(waits.length);
        if (waits.length > 0) {
            double median = (waits[(waits.length - 1) / 2] + waits[waits.length / 2]) / 2;
            assertThat(figures.timeToComplianceSeconds()).isCloseTo(median, within(0.001));
        }
        if (figures.helmet() + figures.bare() > 0) {
            assertThat(figures.compliance())
                    .isCloseTo((double) figures.helmet() / (figures.helmet() + figures.bare()), within(5e-5));
        }
    }

    @Test
    void shouldReportTheNumbersOfARecountOfTheMessages() {
        try (IncidentHistory history = new IncidentHistory(desk(), Clock.fixed(TO, ZoneOffset.UTC))) {
            Report report = reports(history).between(FROM, TO);
            assertThat(report.site()).isEqualTo("North yard");
            assertThat(report.timeZone()).isEqualTo("Asia/Kathmandu");
            assertRecounted(report.total(), minute -> minute.zone().isEmpty(), incident -> true);
            assertThat(report.zones())
                    .extracting(row -> row.stream() + row.zone())
                    .containsExactly("gatenull", "gatepit", "yardnull", "yardpit");
            for (ZoneFigures row : report.zones()) {
                assertRecounted(
                        row.figures(),
                        minute -> isAt(minute, row.stream(), row.zone()),
                        incident -> isAt(incident, row.stream(), row.zone()));
            }
            assertThat(report.shifts().stream().map(ShiftFigures::shift).distinct())
                    .containsExactly("early", "night", "");
            for (ShiftFigures row : report.shifts()) {
                assertRecounted(
                        row.figures(),
                        minute -> shiftOf(minute.minuteMillis()).equals(row.shift())
                                && (row.stream() == null
                                        ? minute.zone().isEmpty()
                                        : isAt(minute, row.stream(), row.zone())),
                        incident -> shiftOf(incident.startedAtMillis()).equals(row.shift())
                                && (row.stream() == null || isAt(incident, row.stream(), row.zone())));
            }
            assertThat(report.hours())
                    .hasSize(24 * 4)
                    .allSatisfy(row -> assertRecounted(
                            row.figures(),
                            minute -> isAt(minute, row.stream(), row.zone())
                                    && local(minute.minuteMillis()).getHour() == row.hour(),
                            incident -> isAt(incident, row.stream(), row.zone())
                                    && local(incident.startedAtMillis()).getHour() == row.hour()));
            assertThat(report.incidents()).hasSize(incidents.size() / 2);
            assertAvailable(report.cameras());
        }
    }

    private static boolean isAt(ComplianceMinute minute, String stream, String zone) {
        return minute.stream().equals(stream) && minute.zone().equals(zone == null ? "" : zone);
    }

    private static boolean isAt(Incident incident, String stream, String zone) {
        return incident.stream().equals(stream) && (zone == null || zone.equals(incident.zone()));
    }

    private void assertAvailable(List<CameraAvailability> cameras) {
        assertThat(cameras).extracting(CameraAvailability::stream).containsExactly("dead", "gate", "yard");
        for (CameraAvailability camera : cameras) {
            long analysed = latest.stream()
                    .filter(minute -> isAt(minute, camera.stream(), null))
                    .map(ComplianceMinute::minuteMillis)
                    .collect(Collectors.toSet())
                    .size();
            assertThat(camera.analysedMinutes()).isEqualTo(analysed);
            assertThat(camera.minutes()).isEqualTo(2 * 24 * 60);
            assertThat(camera.availability()).isCloseTo(analysed / 2_880.0, within(5e-5));
        }
    }

    @Test
    void shouldSumTheRowsOfTheTableToTheReportAlsoOfACopy() {
        try (HistoryCopy copy = new HistoryCopy(desk())) {
            DeskReports reports = reports(copy.history());
            Report report = reports.between(FROM, TO);
            List<HourlyFigures> hours = reports.hours(FROM, TO);
            assertThat(hours.stream()
                            .filter(row -> row.zone() == null)
                            .mapToLong(row -> row.figures().helmet())
                            .sum())
                    .isEqualTo(report.total().helmet());
            assertThat(hours.stream()
                            .filter(row -> row.zone() == null)
                            .mapToLong(HourlyFigures::analysedMinutes)
                            .sum())
                    .isEqualTo(report.cameras().stream()
                            .mapToLong(CameraAvailability::analysedMinutes)
                            .sum());
            // Hours in which a shift starts or ends at half past have two rows.
            assertThat(hours.stream()
                            .filter(row -> row.stream().equals("gate") && row.zone() == null)
                            .filter(row -> local(row.hour().toEpochMilli()).getHour() == 6)
                            .map(HourlyFigures::shift))
                    .containsExactlyInAnyOrder("early", "night", "", "early", "night", "");
            assertThat(ReportCsv.of(hours, reports.timeZone()).lines()).hasSize(hours.size() + 1);
        }
    }
}
