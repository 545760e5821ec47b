package io.helmwatch.pipeline.desk;

import io.helmwatch.config.http.DeskConfig;
import io.helmwatch.config.http.ShiftConfig;
import io.helmwatch.resource.ConstantName;
import io.helmwatch.sinks.compliance.ComplianceQuarter;
import io.helmwatch.sinks.compliance.ComplianceQuarters;
import io.helmwatch.sinks.compliance.FiguresUnavailableException;
import io.helmwatch.sinks.history.IncidentHistory;
import io.helmwatch.sinks.history.IncidentQuery;
import io.helmwatch.sinks.history.RecordedIncident;
import io.helmwatch.sinks.sqlite.SqliteException;
import io.helmwatch.vision.ComplianceMinute;
import io.helmwatch.vision.Incident.EndReason;
import io.helmwatch.web.RefusedException;
import io.helmwatch.web.Reports;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reports from counts of observed heads and the history of incidents.
 *
 * <p>Threading: any thread. Ownership: counts and history belong to the caller.
 */
public final class DeskReports implements Reports {
    private static final int PAGE = 1_000;
    private static final int MOST_LISTED = 1_000;
    /** Time until the counts of a minute are recorded. */
    private static final long RECORDED_AFTER_MILLIS = 15_000;

    private final ComplianceQuarters counts;
    private final IncidentHistory history;
    private final DeskConfig desk;
    private final String site;
    private final Supplier<? extends Collection<String>> streams;
    private final Clock clock;

    /** A zone of a stream; the zone is empty for the whole frame, which is first. */
    private record Place(String stream, String zone) implements Comparable<Place> {
        private static final Comparator<Place> ORDER =
                Comparator.comparing(Place::stream).thenComparing(Place::zone);

        /** The whole frames of all cameras. */
        private static final Place SITE = new Place("", "");

        @Override
        public int compareTo(Place other) {
            return ORDER.compare(this, other);
        }

        private @Nullable String zoneName() {
            return zone.isEmpty() ? null : zone;
        }
    }

    private record ShiftPlace(int shift, Place place) implements Comparable<ShiftPlace> {
        private static final Comparator<ShiftPlace> ORDER =
                Comparator.comparingInt(ShiftPlace::shift).thenComparing(ShiftPlace::place);

        @Override
        public int compareTo(ShiftPlace other) {
            return ORDER.compare(this, other);
        }
    }

    private record HourPlace(long hour, int shift, Place place) implements Comparable<HourPlace> {
        private static final Comparator<HourPlace> ORDER = Comparator.comparingLong(HourPlace::hour)
                .thenComparing(HourPlace::place)
                .thenComparingInt(HourPlace::shift);

        @Override
        public int compareTo(HourPlace other) {
            return ORDER.compare(this, other);
        }
    }

    /**
     * Reports of a site.
     *
     * @param desk time zone and shifts
     * @param site name of the site; may be empty
     * @param streams ids of the streams that are expected to be analysed
     */
    public DeskReports(
            ComplianceQuarters counts,
            IncidentHistory history,
            DeskConfig desk,
            String site,
            Supplier<? extends Collection<String>> streams,
            Clock clock) {
        this.counts = counts;
        this.history = history;
        this.desk = desk;
        this.site = site;
        this.streams = streams;
        this.clock = clock;
    }

    @Override
    public ZoneId timeZone() {
        return desk.timeZone();
    }

    @Override
    public Report between(Instant from, Instant to) {
        long fromMillis = quarterFrom(from);
        long toMillis = quarterFrom(to);
        ReportSums<Place> places = new ReportSums<>();
        ReportSums<ShiftPlace> shifts = new ReportSums<>();
        ReportSums<HourPlace> hours = new ReportSums<>();
        List<ReportedIncident> listed = new ArrayList<>();
        answer(() -> {
            for (ComplianceQuarter quarter : counts.quarters(fromMillis, toMillis)) {
                Place place = new Place(quarter.stream(), quarter.zone());
                int shift = shiftOf(quarter.startMillis());
                places.add(place, quarter);
                shifts.add(new ShiftPlace(shift, place), quarter);
                hours.add(new HourPlace(local(quarter.startMillis()).getHour(), 0, place), quarter);
                if (quarter.zone().isEmpty()) {
                    places.add(Place.SITE, quarter);
                    shifts.add(new ShiftPlace(shift, Place.SITE), quarter);
                }
            }
            eachIncident(fromMillis, toMillis, incident -> {
                int shift = shiftOf(incident.startedMillis());
                int hour = local(incident.startedMillis()).getHour();
                for (Place place : placesOf(incident)) {
                    places.add(place, incident);
                    shifts.add(new ShiftPlace(shift, place), incident);
                    hours.add(new HourPlace(hour, 0, place), incident);
                }
                places.add(Place.SITE, incident);
                shifts.add(new ShiftPlace(shift, Place.SITE), incident);
                if (listed.size() < MOST_LISTED) {
                    listed.add(reported(incident));
                }
            });
        });
        return new Report(
                site,
                Instant.ofEpochMilli(fromMillis),
                Instant.ofEpochMilli(toMillis),
                desk.timeZone().getId(),
                places.figures(Place.SITE),
                places.rows((place, figures) -> new ZoneFigures(place.stream(), place.zoneName(), figures)).stream()
                        .filter(row -> !row.stream().isEmpty())
                        .toList(),
                shifts.rows((key, figures) -> new ShiftFigures(
                        name(key.shift()), streamOf(key.place()), key.place().zoneName(), figures)),
                hours.rows((key, figures) -> new HourOfDayFigures(
                        (int) key.hour(), key.place().stream(), key.place().zoneName(), figures)),
                cameras(places, fromMillis, toMillis),
                listed);
    }

    private static @Nullable String streamOf(Place place) {
        return place.equals(Place.SITE) ? null : place.stream();
    }

    @Override
    public List<HourlyFigures> hours(Instant from, Instant to) {
        long fromMillis = quarterFrom(from);
        long toMillis = quarterFrom(to);
        ReportSums<HourPlace> hours = new ReportSums<>();
        answer(() -> {
            for (ComplianceQuarter quarter : counts.quarters(fromMillis, toMillis)) {
                hours.add(hourPlace(quarter.startMillis(), new Place(quarter.stream(), quarter.zone())), quarter);
            }
            eachIncident(fromMillis, toMillis, incident -> {
                for (Place place : placesOf(incident)) {
                    hours.add(hourPlace(incident.startedMillis(), place), incident);
                }
            });
        });
        return hours.rows((key, figures) -> new HourlyFigures(
                key.place().stream(),
                key.place().zoneName(),
                Instant.ofEpochMilli(key.hour()),
                name(key.shift()),
                figures,
                hours.analysedMinutes(key)));
    }

    private HourPlace hourPlace(long millis, Place place) {
        long hour = local(millis).truncatedTo(ChronoUnit.HOURS).toInstant().toEpochMilli();
        return new HourPlace(hour, shiftOf(millis), place);
    }

    private ZonedDateTime local(long millis) {
        return Instant.ofEpochMilli(millis).atZone(desk.timeZone());
    }

    /** Number of the shift of a time; the number of shifts where it belongs to none. */
    private int shiftOf(long millis) {
        List<ShiftConfig> shifts = desk.shifts();
        for (int i = 0; i < shifts.size(); i++) {
            if (shifts.get(i).includes(local(millis).toLocalTime())) {
                return i;
            }
        }
        return shifts.size();
    }

    private String name(int shift) {
        return shift < desk.shifts().size() ? desk.shifts().get(shift).name() : "";
    }

    /** Start of the first quarter of an hour that begins at a time or later. */
    private static long quarterFrom(Instant time) {
        long start = ComplianceQuarter.startOf(time.toEpochMilli());
        return start == time.toEpochMilli() ? start : start + ComplianceQuarter.MILLIS;
    }

    private List<CameraAvailability> cameras(ReportSums<Place> places, long fromMillis, long toMillis) {
        List<CameraAvailability> cameras = new ArrayList<>();
        answer(() -> {
            Map<String, Long> first = counts.firstMillis();
            TreeSet<String> ids = new TreeSet<>(streams.get());
            places.rows((place, figures) -> place.stream()).stream()
                    .filter(stream -> !stream.isEmpty())
                    .forEach(ids::add);
            long endMillis = Math.min(toMillis, clock.millis() - RECORDED_AFTER_MILLIS);
            for (String stream : ids) {
                long startMillis = Math.max(fromMillis, first.getOrDefault(stream, fromMillis));
                long analysed = places.analysedMinutes(new Place(stream, ""));
                long minutes =
                        Math.max(analysed, Math.max(0, endMillis - startMillis) / ComplianceMinute.MINUTE_MILLIS);
                cameras.add(new CameraAvailability(stream, minutes, analysed, ReportSums.share(analysed, minutes)));
            }
        });
        return cameras;
    }

    /** The whole frame, and the zone where there is one. */
    private static List<Place> placesOf(RecordedIncident incident) {
        Place whole = new Place(incident.stream(), "");
        String zone = incident.zone();
        return zone == null ? List.of(whole) : List.of(whole, new Place(incident.stream(), zone));
    }

    /** Passes on the incidents that started within a time, newest first. */
    private void eachIncident(long fromMillis, long toMillis, Consumer<RecordedIncident> receiver) {
        IncidentQuery.Cursor cursor = null;
        List<RecordedIncident> page;
        do {
            page = history.search(
                    new IncidentQuery(fromMillis, toMillis, null, null, null, IncidentQuery.State.ALL, PAGE, cursor));
            page.stream().filter(incident -> !incident.isSuperseded()).forEach(receiver);
            cursor = page.isEmpty() ? null : page.get(page.size() - 1).cursor();
        } while (page.size() == PAGE);
    }

    private static ReportedIncident reported(RecordedIncident incident) {
        EndReason endReason = incident.endReason();
        RecordedIncident.Acknowledgement acknowledgement = incident.acknowledgement();
        return new ReportedIncident(
                incident.id(),
                incident.stream(),
                incident.zone(),
                incident.rule(),
                Instant.ofEpochMilli(incident.startedMillis()),
                (incident.lastMillis() - incident.startedMillis()) / 1_000.0,
                endReason == null ? null : ConstantName.of(endReason),
                acknowledgement == null ? null : acknowledgement.by());
    }

    private static void answer(Runnable work) {
        try {
            work.run();
        } catch (SqliteException | FiguresUnavailableException e) {
            throw RefusedException.unavailable(String.valueOf(e.getMessage()));
        }
    }
}
