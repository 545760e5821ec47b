package io.helmwatch.sinks.history;

import io.helmwatch.sinks.sqlite.SqliteFile;
import io.helmwatch.vision.ComplianceMinute;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.function.Consumer;

/**
 * Counts of observed heads in the history: sums of quarters of an hour, corrected by what a minute has more or less than its earlier revision. Time
 * zones differ from UTC by multiples of a quarter of an hour, so that hours and shifts of each are sums of them.
 *
 * <p>Threading: as the file.
 */
final class CountTables {
    /** Time for which minutes are kept, to be corrected; a correction arrives within seconds. */
    private static final long KEPT_MINUTES_MILLIS = 2 * HeadCounts.HOUR_MILLIS;

    private static final String FIND_MINUTE =
            "select revision, helmet, bare, uncertain, frames, person_millis from minute"
                    + " where start_millis=? and stream=? and zone=? and since_millis=?";
    private static final String PUT_MINUTE =
            "insert or replace into minute(start_millis, stream, zone, since_millis, revision,"
                    + " helmet, bare, uncertain, frames, person_millis) values(?,?,?,?,?,?,?,?,?,?)";
    private static final String ADD_COUNTS =
            "insert into hour(start_millis, stream, zone, helmet, bare, uncertain, frames, person_millis)"
                    + " values(?,?,?,?,?,?,?,?) on conflict do update set helmet=helmet+excluded.helmet,"
                    + " bare=bare+excluded.bare, uncertain=uncertain+excluded.uncertain, frames=frames+excluded.frames,"
                    + " person_millis=person_millis+excluded.person_millis";

    private CountTables() {}

    /** Adds minutes to the sums; a minute that is known changes them by the difference, and an older revision changes nothing. */
    static void add(SqliteFile file, Collection<ComplianceMinute> minutes) throws SQLException {
        try (PreparedStatement find = file.prepare(FIND_MINUTE);
                PreparedStatement put = file.prepare(PUT_MINUTE);
                PreparedStatement add = file.prepare(ADD_COUNTS)) {
            for (ComplianceMinute minute : minutes) {
                add(minute, find, put, add);
            }
        }
    }

    private static void add(
            ComplianceMinute minute, PreparedStatement find, PreparedStatement put, PreparedStatement add)
            throws SQLException {
        long[] earlier = new long[5];
        HistoryTables.set(find, minute.minuteMillis(), minute.stream(), minute.zone(), minute.countedSinceMillis());
        try (ResultSet row = find.executeQuery()) {
            if (row.next()) {
                if (row.getInt(1) > minute.revision()) {
                    return;
                }
                for (int i = 0; i < earlier.length; i++) {
                    earlier[i] = row.getLong(2 + i);
                }
            }
        }
        HistoryTables.set(
                put,
                minute.minuteMillis(),
                minute.stream(),
                minute.zone(),
                minute.countedSinceMillis(),
                minute.revision(),
                minute.helmet(),
                minute.bare(),
                minute.uncertain(),
                minute.frames(),
                minute.personMillis());
        put.executeUpdate();
        HistoryTables.set(
                add,
                Math.floorDiv(minute.minuteMillis(), HeadCounts.QUARTER_MILLIS) * HeadCounts.QUARTER_MILLIS,
                minute.stream(),
                minute.zone(),
                minute.helmet() - earlier[0],
                minute.bare() - earlier[1],
                minute.uncertain() - earlier[2],
                minute.frames() - earlier[3],
                minute.personMillis() - earlier[4]);
        add.executeUpdate();
    }

    /** The sums that start within a time. */
    static void read(SqliteFile file, long fromMillis, long toMillis, Consumer<HeadCounts> receiver)
            throws SQLException {
        try (PreparedStatement select = file.prepare(
                "select start_millis, stream, zone, helmet, bare, uncertain, frames, person_millis from hour"
                        + " where start_millis>=? and start_millis<? order by start_millis, stream, zone")) {
            HistoryTables.set(select, fromMillis, toMillis);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    receiver.accept(new HeadCounts(
                            rows.getString(2),
                            rows.getString(3),
                            rows.getLong(1),
                            rows.getLong(4),
                            rows.getLong(5),
                            rows.getLong(6),
                            rows.getLong(7),
                            rows.getLong(8)));
                }
            }
        }
    }

    /** Deletes sums from before a time, and minutes that are not corrected any more. */
    static void prune(SqliteFile file, long oldestMillis, long nowMillis) throws SQLException {
        file.execute("delete from hour where start_millis<" + oldestMillis);
        file.execute("delete from minute where start_millis<" + (nowMillis - KEPT_MINUTES_MILLIS));
    }
}
