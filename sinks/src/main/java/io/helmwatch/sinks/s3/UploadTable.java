package io.helmwatch.sinks.s3;

import io.helmwatch.sinks.evidence.EvidenceCopies.NewFile;
import io.helmwatch.sinks.sqlite.SqliteFile;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * The table of files that wait for the object storage, in the order of uploads.
 *
 * <p>Threading: calls are serialised by the {@link UploadQueue}. Ownership: borrows the file.
 */
final class UploadTable {
    static final String TABLE = "create table if not exists upload(position integer primary key autoincrement,"
            + " kind text not null, path text not null, sha256 text not null,"
            + " bytes integer not null, at_millis integer not null, unique(kind, path))";

    private final SqliteFile file;

    UploadTable(SqliteFile file) {
        this.file = file;
    }

    /**
     * What waits.
     *
     * @param files their number
     * @param bytes their size
     */
    record Totals(long files, long bytes) {}

    /** Counts all rows, which takes long where many wait. */
    Totals totals() throws SQLException {
        try (Statement statement = file.createStatement();
                ResultSet row = statement.executeQuery("select count(*), coalesce(sum(bytes), 0) from upload")) {
            row.next();
            return new Totals(row.getLong(1), row.getLong(2));
        }
    }

    /** Since when the file that is next waits, milliseconds since 1970 UTC; 0 where none waits. */
    long oldestMillis() throws SQLException {
        return file.number("select at_millis from upload order by position limit 1");
    }

    /** The files that wait longest; those of kinds that this version does not know are passed over. */
    List<Upload> next(int most) throws SQLException {
        List<Upload> uploads = new ArrayList<>();
        try (PreparedStatement select =
                file.prepare("select position, kind, path, sha256, bytes from upload order by position limit ?")) {
            select.setInt(1, most);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    EvidenceKind kind = EvidenceKind.of(row.getString(2));
                    if (kind != null) {
                        uploads.add(
                                new Upload(row.getLong(1), kind, row.getString(3), row.getString(4), row.getLong(5)));
                    }
                }
            }
        }
        return uploads;
    }

    /** Adds files behind those that wait. */
    void add(EvidenceKind kind, Collection<NewFile> files, long nowMillis) throws SQLException {
        try (PreparedStatement insert =
                file.prepare("insert into upload(kind, path, sha256, bytes, at_millis) values(?,?,?,?,?)")) {
            for (NewFile added : files) {
                insert.setString(1, kind.folder());
                insert.setString(2, added.path());
                insert.setString(3, added.sha256());
                insert.setLong(4, added.bytes());
                insert.setLong(5, nowMillis);
                insert.executeUpdate();
            }
        }
    }

    /** Removes files by their paths; returns whether any was there. */
    boolean remove(EvidenceKind kind, Collection<NewFile> files) throws SQLException {
        int removed = 0;
        try (PreparedStatement delete = file.prepare("delete from upload where kind=? and path=?")) {
            for (NewFile known : files) {
                delete.setString(1, kind.folder());
                delete.setString(2, known.path());
                removed += delete.executeUpdate();
            }
        }
        return removed > 0;
    }

    /** Removes a file; returns whether it was there, and not replaced by another of its path since. */
    boolean remove(Upload upload) throws SQLException {
        try (PreparedStatement delete = file.prepare("delete from upload where position=?")) {
            delete.setLong(1, upload.position());
            return delete.executeUpdate() > 0;
        }
    }

    /** Moves a file behind the others. */
    void postpone(Upload upload) throws SQLException {
        try (PreparedStatement update =
                file.prepare("update upload set position=(select max(position)+1 from upload) where position=?")) {
            update.setLong(1, upload.position());
            update.executeUpdate();
        }
    }
}
