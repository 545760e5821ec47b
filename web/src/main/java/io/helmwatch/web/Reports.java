package io.helmwatch.web;

import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reports of a time: compliance, incidents, time to compliance, availability of the cameras. Threading: any thread. */
public interface Reports {

    /** Longest time of a report, days. */
    int MOST_DAYS = 400;

    /** Time zone of hours, days and shifts. */
    ZoneId timeZone();

    /**
     * The report of a time.
     *
     * @param from earliest time; counts are those of quarters of an hour that begin at it or later
     * @param to exclusive
     */
    Report between(Instant from, Instant to);

    /** The figures of each hour of each zone, split where a shift begins within it, in the order of time. */
    List<HourlyFigures> hours(Instant from, Instant to);

    /**
     * Sums. Heads are summed over frames: one person in ten frames counts ten.
     *
     * @param helmet observed heads with a helmet
     * @param bare observed bare heads
     * @param uncertain observed heads that are neither for sure
     * @param frames analysed frames
     * @param personSeconds observed heads times how long each frame stands for
     * @param compliance share of heads with a helmet among those with a helmet and bare, 0 to 1; null where there is none
     * @param incidents incidents that started
     * @param complied of these, those that ended by compliance
     * @param timeToComplianceSeconds median of their durations; null where there is none
     */
    record Figures(
            long helmet,
            long bare,
            long uncertain,
            long frames,
            double personSeconds,
            @Nullable Double compliance,
            long incidents,
            long complied,
            @Nullable Double timeToComplianceSeconds) {}

    /**
     * A report.
     *
     * @param site name of the site; may be empty
     * @param from start of its time
     * @param to end of its time, exclusive
     * @param timeZone time zone of hours and shifts
     * @param total figures of the whole frames of all cameras
     * @param zones figures of each zone
     * @param shifts figures of each shift
     * @param hours figures of each hour of the day
     * @param cameras availability of each camera
     * @param incidents the incidents, newest first; at most 1,000
     */
    record Report(
            String site,
            Instant from,
            Instant to,
            String timeZone,
            Figures total,
            List<ZoneFigures> zones,
            List<ShiftFigures> shifts,
            List<HourOfDayFigures> hours,
            List<CameraAvailability> cameras,
            List<ReportedIncident> incidents) {

        /** Keeps its own copies. */
        public Report {
            zones = List.copyOf(zones);
            shifts = List.copyOf(shifts);
            hours = List.copyOf(hours);
            cameras = List.copyOf(cameras);
            incidents = List.copyOf(incidents);
        }
    }

    /**
     * Figures of a zone.
     *
     * @param stream id of the stream
     * @param zone name of the zone; null for the whole frame
     * @param figures its figures
     */
    record ZoneFigures(String stream, @Nullable String zone, Figures figures) {}

    /**
     * Figures of a shift, of all days.
     *
     * @param shift its name; empty for times outside all shifts
     * @param stream id of the stream; null for the whole frames of all cameras
     * @param zone name of the zone; null for the whole frame
     * @param figures its figures
     */
    record ShiftFigures(
            String shift, @Nullable String stream, @Nullable String zone, Figures figures) {}

    /**
     * Figures of an hour of the day, of all days.
     *
     * @param hour 0 to 23, local time
     * @param stream id of the stream
     * @param zone name of the zone; null for the whole frame
     * @param figures its figures
     */
    record HourOfDayFigures(
            int hour, String stream, @Nullable String zone, Figures figures) {}

    /**
     * How much of the time a camera was analysed.
     *
     * @param stream id of the stream
     * @param minutes minutes of the time since the camera was first counted
     * @param analysedMinutes minutes with an analysed frame
     * @param availability share of them, 0 to 1; null where the time has none
     */
    record CameraAvailability(
            String stream,
            long minutes,
            long analysedMinutes,
            @Nullable Double availability) {}

    /**
     * An incident.
     *
     * @param id as in the events
     * @param stream id of the stream
     * @param zone name of the zone; null where the rule applies to the whole frame
     * @param rule name of the rule
     * @param startedAt capture time of its first frame
     * @param seconds from start to its latest observation
     * @param endReason why it ended; null while it is open
     * @param acknowledgedBy who dealt with it; null while nobody has
     */
    record ReportedIncident(
            String id,
            String stream,
            @Nullable String zone,
            String rule,
            Instant startedAt,
            double seconds,
            @Nullable String endReason,
            @Nullable String acknowledgedBy) {}

    /**
     * Figures of an hour of a day, or of the part of it that belongs to a shift.
     *
     * @param stream id of the stream
     * @param zone name of the zone; null for the whole frame
     * @param hour start of the hour
     * @param shift name of the shift; empty outside all shifts
     * @param figures its figures
     * @param analysedMinutes minutes with an analysed frame
     */
    record HourlyFigures(
            String stream, @Nullable String zone, Instant hour, String shift, Figures figures, long analysedMinutes) {}
}
