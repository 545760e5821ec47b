package io.helmwatch.sinks.history;

import io.helmwatch.sinks.sqlite.SqliteFile;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the history keeps of a cluster beside the incidents: how far their topic was read, and the newest epoch of each stream.
 *
 * <p>Threading: as the history, which calls it.
 */
final class ClusterIncidents {
    /** An incident of another node whose end never came counts as ended after this time without a message. */
    private static final long ABANDONED_MILLIS = 24L * 60 * 60 * 1_000;

    private ClusterIncidents() {}

    static Map<Integer, Long> offsets(SqliteFile file, String topic) throws SQLException {
        Map<Integer, Long> offsets = new HashMap<>();
        try (PreparedStatement select = file.prepare("select partition, next from topic_offset where topic=?")) {
            HistoryTables.set(select, topic);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    offsets.put(rows.getInt(1), rows.getLong(2));
                }
            }
        }
        return offsets;
    }

    static void store(SqliteFile file, String topic, Map<Integer, Long> offsets) throws SQLException {
        try (PreparedStatement update =
                file.prepare("insert or replace into topic_offset(topic, partition, next) values(?,?,?)")) {
            for (Map.Entry<Integer, Long> offset : offsets.entrySet()) {
                HistoryTables.set(update, topic, offset.getKey(), offset.getValue());
                update.executeUpdate();
            }
        }
    }

    static Map<String, Long> epochs(SqliteFile file) throws SQLException {
        Map<String, Long> epochs = new HashMap<>();
        try (PreparedStatement select = file.prepare(
                        "select stream, max(epoch) from incident where epoch is not null and superseded=0 group by"
                                + " stream");
                ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                epochs.put(rows.getString(1), rows.getLong(2));
            }
        }
        return epochs;
    }

    /**
     * Ends what was open when this process ended. What other nodes have open is theirs to end.
     *
     * @param node name of this node; null without a cluster
     */
    static void interrupt(SqliteFile file, String reason, @Nullable String node) throws SQLException {
        try (PreparedStatement update = file.prepare("update incident set end_reason=? where end_reason is null"
                + " and (? is null or node is null or node=?)")) {
            HistoryTables.set(update, reason, node, node);
            update.executeUpdate();
        }
    }

    /** Ends incidents of other nodes whose end was lost with its topic. */
    static void interruptAbandoned(SqliteFile file, String reason, String node, long nowMillis) throws SQLException {
        try (PreparedStatement update = file.prepare(
                "update incident set end_reason=? where end_reason is null and node<>? and last_millis<?")) {
            HistoryTables.set(update, reason, node, nowMillis - ABANDONED_MILLIS);
            update.executeUpdate();
        }
    }
}
