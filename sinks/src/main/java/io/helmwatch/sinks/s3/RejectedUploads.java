package io.helmwatch.sinks.s3;

import io.helmwatch.sinks.sqlite.SqliteFile;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * The table of files that the storage refused for good, with the reason, until they are sent again. Beyond {@link #MOST} the oldest are forgotten.
 *
 * <p>Threading: calls are serialised by the {@link UploadQueue}. Ownership: borrows the file.
 */
final class RejectedUploads {
    static final int MOST = 10_000;

    /** A table of its own, which earlier versions leave alone. */
    static final String TABLE = "create table if not exists rejected(position integer primary key autoincrement,"
            + " kind text not null, path text not null, sha256 text not null, bytes integer not null,"
            + " at_millis integer not null, reason text not null, unique(kind, path))";

    private final SqliteFile file;

    RejectedUploads(SqliteFile file) {
        this.file = file;
    }

    /**
     * A file that was refused.
     *
     * @param upload the file; its position is that among the refused ones
     * @param atMillis when it was refused, milliseconds since 1970 UTC
     * @param reason why, one sentence without secrets
     */
    record Rejected(Upload upload, long atMillis, String reason) {}

    void add(Upload upload, long atMillis, String reason) throws SQLException {
        try (PreparedStatement insert = file.prepare(
                "insert or replace into rejected(kind, path, sha256, bytes, at_millis, reason) values(?,?,?,?,?,?)")) {
            insert.setString(1, upload.kind().folder());
            insert.setString(2, upload.path());
            insert.setString(3, upload.sha256());
            insert.setLong(4, upload.bytes());
            insert.setLong(5, atMillis);
            insert.setString(6, reason);
            insert.executeUpdate();
        }
        file.execute("delete from rejected where position <= (select max(position) from rejected) - " + MOST);
    }

    void remove(EvidenceKind kind, String path) throws SQLException {
        try (PreparedStatement delete = file.prepare("delete from rejected where kind=? and path=?")) {
            delete.setString(1, kind.folder());
            delete.setString(2, path);
            delete.executeUpdate();
        }
    }

    /** All of them, the oldest first. */
    List<Rejected> all() throws SQLException {
        List<Rejected> all = new ArrayList<>();
        try (PreparedStatement select = file.prepare(
                        "select position, kind, path, sha256, bytes, at_millis, reason from rejected order by position");
                ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                EvidenceKind kind = EvidenceKind.of(rows.getString(2));
                if (kind != null) {
                    Upload upload =
                            new Upload(rows.getLong(1), kind, rows.getString(3), rows.getString(4), rows.getLong(5));
                    all.add(new Rejected(upload, rows.getLong(6), rows.getString(7)));
                }
            }
        }
        return all;
    }
}
