package io.helmwatch.sinks.spool;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The tables of the spool and their versions, kept in SQLite's {@code user_version}. Version 1 was written without a number.
 *
 * <p>Threading: any thread.
 */
final class SpoolSchema {
    /** The version that this class writes. */
    static final int VERSION = 2;

    private SpoolSchema() {}

    /** Creates the tables, or migrates those of an older version. */
    static void apply(Connection connection) throws SQLException {
        boolean isNew = !hasEvents(connection);
        try (Statement statement = connection.createStatement()) {
            statement.execute("begin immediate");
            statement.execute("create table if not exists event(position integer primary key autoincrement,"
                    + " id text not null unique, incident text not null, stream text not null, phase text not null,"
                    + " at_millis integer not null, value blob not null, recorded_millis integer not null default 0)");
            statement.execute("create table if not exists open_incident(incident text primary key,"
                    + " stream text not null, revision integer not null, value blob not null)");
            if (!isNew && version(connection) < VERSION) {
                statement.execute("alter table event add column recorded_millis integer not null default 0");
                statement.execute("update event set recorded_millis=at_millis");
            }
            statement.execute("pragma user_version=" + VERSION);
            statement.execute("commit");
        }
    }

    /** The version of an open file; 0 for a new file and for version 1. */
    static int version(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("pragma user_version")) {
            return result.next() ? result.getInt(1) : 0;
        }
    }

    private static boolean hasEvents(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("select 1 from sqlite_master where name='event'")) {
            return result.next();
        }
    }
}
