package io.helmwatch.sinks.history;

import io.helmwatch.sinks.compliance.ComplianceQuarter;
import io.helmwatch.sinks.compliance.MinuteParts;
import io.helmwatch.sinks.sqlite.SqliteFile;
import io.helmwatch.vision.ComplianceMinute;
import io.helmwatch.vision.HeadCounts;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Counts of observed heads in the history: sums of quarters of an hour, and for two hours the minutes that they were made from, so that a correction
 * replaces. Sums of hours that an earlier version wrote are read.
 *
 * <p>Threading: as the file.
 */
final class CountTables {
    static final List<String> TABLES = List.of(
            "create table if not exists hour(start_millis integer not null, stream text not null, zone text not null,"
                    + " helmet integer not null, bare integer not null, uncertain integer not null,"
                    + " frames integer not null, person_millis integer not null,"
                    + " primary key(start_millis, stream, zone)) without rowid",
            "create table if not exists quarter(start_millis integer not null, stream text not null, zone text not null,"
                    + " helmet integer not null, bare integer not null, uncertain integer not null,"
                    + " frames integer not null, person_millis integer not null, minutes integer not null,"
                    + " primary key(start_millis, stream, zone)) without rowid",
            "create table if not exists minute(start_millis integer not null, stream text not null, zone text not null,"
                    + " since_millis integer not null, revision integer not null, helmet integer not null,"
                    + " bare integer not null, uncertain integer not null, frames integer not null,"
                    + " person_millis integer not null,"
                    + " primary key(start_millis, stream, zone, since_millis)) without rowid");

    /** Time for which minutes are kept, to be corrected; a correction arrives within seconds. */
    private static final long KEPT_MINUTES_MILLIS = 120 * ComplianceMinute.MINUTE_MILLIS;

    private static final String FIND_MINUTE =
            "select since_millis, revision, helmet, bare, uncertain, frames, person_millis from minute"
                    + " where start_millis=? and stream=? and zone=?";
    private static final String PUT_MINUTE =
            "insert or replace into minute(start_millis, stream, zone, since_millis, revision,"
                    + " helmet, bare, uncertain, frames, person_millis) values(?,?,?,?,?,?,?,?,?,?)";
    private static final String ADD_COUNTS =
            "insert into quarter(start_millis, stream, zone, helmet, bare, uncertain, frames, person_millis, minutes)"
                    + " values(?,?,?,?,?,?,?,?,?) on conflict do update set helmet=helmet+excluded.helmet,"
                    + " bare=bare+excluded.bare, uncertain=uncertain+excluded.uncertain, frames=frames+excluded.frames,"
                    + " person_millis=person_millis+excluded.person_millis, minutes=minutes+excluded.minutes";
    private static final String READ =
            "select stream, zone, start_millis, helmet, bare, uncertain, frames, person_millis, minutes from"
                    + " (select * from quarter union all select *, 0 from hour)"
                    + " where start_millis>=? and start_millis<? order by start_millis, stream, zone";

    private CountTables() {}

    /** Adds minutes to the sums. */
    static void add(SqliteFile file, Collection<ComplianceMinute> minutes) throws SQLException {
        try (PreparedStatement find = file.prepare(FIND_MINUTE);
                PreparedStatement put = file.prepare(PUT_MINUTE);
                PreparedStatement add = file.prepare(ADD_COUNTS)) {
            for (ComplianceMinute minute : minutes) {
                Optional<ComplianceQuarter> difference = parts(minute, find).put(minute);
                if (difference.isPresent()) {
                    put(minute, put);
                    add(difference.get(), add);
                }
            }
        }
    }

    private static MinuteParts parts(ComplianceMinute minute, PreparedStatement find) throws SQLException {
        List<MinuteParts.Part> parts = new ArrayList<>();
        HistoryTables.set(find, minute.minuteMillis(), minute.stream(), minute.zone());
        try (ResultSet rows = find.executeQuery()) {
            while (rows.next()) {
                parts.add(new MinuteParts.Part(rows.getLong(1), rows.getInt(2), counts(rows, 3)));
            }
        }
        return new MinuteParts(parts);
    }

    /** The counts in five columns from the given one on. */
    private static HeadCounts counts(ResultSet row, int column) throws SQLException {
        return new HeadCounts(
                row.getLong(column),
                row.getLong(column + 1),
                row.getLong(column + 2),
                row.getLong(column + 3),
                row.getLong(column + 4));
    }

    private static void put(ComplianceMinute minute, PreparedStatement put) throws SQLException {
        HistoryTables.set(
                put,
                minute.minuteMillis(),
                minute.stream(),
                minute.zone(),
                minute.countedSinceMillis(),
                minute.revision(),
                minute.counts().helmet(),
                minute.counts().bare(),
                minute.counts().uncertain(),
                minute.counts().frames(),
                minute.counts().personMillis());
        put.executeUpdate();
    }

    private static void add(ComplianceQuarter difference, PreparedStatement add) throws SQLException {
        HistoryTables.set(
                add,
                difference.startMillis(),
                difference.stream(),
                difference.zone(),
                difference.counts().helmet(),
                difference.counts().bare(),
                difference.counts().uncertain(),
                difference.counts().frames(),
                difference.counts().personMillis(),
                difference.analysedMinutes());
        add.executeUpdate();
    }

    /** The sums that start within a time, in the order of time. */
    static List<ComplianceQuarter> read(SqliteFile file, long fromMillis, long toMillis) throws SQLException {
        List<ComplianceQuarter> quarters = new ArrayList<>();
        try (PreparedStatement select = file.prepare(READ)) {
            HistoryTables.set(select, fromMillis, toMillis);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    quarters.add(new ComplianceQuarter(
                            rows.getString(1), rows.getString(2), rows.getLong(3), counts(rows, 4), rows.getLong(9)));
                }
            }
        }
        return quarters;
    }

    /** Start of the first quarter of each stream. */
    static Map<String, Long> first(SqliteFile file) throws SQLException {
        Map<String, Long> first = new HashMap<>();
        try (PreparedStatement select = file.prepare("select stream, min(start_millis) from quarter group by stream");
                ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                first.put(rows.getString(1), rows.getLong(2));
            }
        }
        return first;
    }

    /** Deletes sums from before a time, and minutes that are not corrected any more. */
    static void prune(SqliteFile file, long oldestMillis, long nowMillis) throws SQLException {
        file.execute("delete from hour where start_millis<" + oldestMillis);
        file.execute("delete from quarter where start_millis<" + oldestMillis);
        file.execute("delete from minute where start_millis<" + (nowMillis - KEPT_MINUTES_MILLIS));
    }
}
