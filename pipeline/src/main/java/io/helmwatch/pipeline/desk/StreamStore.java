package io.helmwatch.pipeline.desk;

import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.sqlite.SqliteException;
import io.helmwatch.sinks.sqlite.SqliteFile;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The settings of the streams that were added while the service runs, so that they survive its restart: one SQLite file, in which settings are
 * encrypted as a whole, since an address may hold a password too, and a file with the key.
 *
 * <p>Threading: any thread; calls are serialised. Ownership: one process; a second one is refused.
 */
final class StreamStore implements AutoCloseable {
    static final String FILE = "streams.db";
    static final String KEY_FILE = "streams.key";

    private static final Logger LOG = LoggerFactory.getLogger(StreamStore.class);

    private final SqliteFile file;
    private final SettingsCipher cipher;

    /**
     * A stored stream.
     *
     * @param id its id
     * @param settings its settings as JSON, with its password
     */
    record Stored(String id, String settings) {}

    /**
     * Opens the store, created when missing.
     *
     * @throws SqliteException when it cannot be used, in one sentence
     */
    StreamStore(Path directory, Clock clock) {
        SqliteFile.Description description = new SqliteFile.Description(
                directory.resolve(FILE),
                "store of added streams",
                "desk.directory",
                1,
                List.of("create table if not exists stream(number integer primary key autoincrement,"
                        + " id text not null unique, settings blob not null)"));
        try (Closer opened = new Closer()) {
            file = opened.register(new SqliteFile(description, clock.millis()));
            try {
                cipher = new SettingsCipher(directory.resolve(KEY_FILE));
            } catch (IOException e) {
                throw file.failure("cannot be opened", e);
            }
            opened.transfer();
        }
    }

    /** The stored streams, oldest first; those that cannot be decrypted are logged and skipped. */
    synchronized List<Stored> all() {
        return file.read(() -> {
            List<Stored> stored = new ArrayList<>();
            try (PreparedStatement select = file.prepare("select id, settings from stream order by number");
                    ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    String id = rows.getString(1);
                    try {
                        stored.add(new Stored(id, cipher.decrypt(id, rows.getBytes(2))));
                    } catch (GeneralSecurityException e) {
                        LOG.error(
                                "Stream {} cannot be decrypted with the key in {}: restore that file, or add the stream again",
                                id,
                                KEY_FILE);
                    }
                }
            }
            return stored;
        });
    }

    /**
     * Stores a stream; one of the same id is replaced and keeps its place.
     *
     * @throws SqliteException when it is not stored
     */
    synchronized void put(String id, String settings) {
        file.write(() -> {
            try (PreparedStatement insert = file.prepare("insert into stream(id, settings) values(?, ?)"
                    + " on conflict(id) do update set settings=excluded.settings")) {
                insert.setString(1, id);
                insert.setBytes(2, cipher.encrypt(id, settings));
                insert.executeUpdate();
            }
        });
    }

    /**
     * Removes a stream; does nothing where there is none of this id.
     *
     * @throws SqliteException when it is still stored
     */
    synchronized void remove(String id) {
        file.write(() -> {
            try (PreparedStatement delete = file.prepare("delete from stream where id=?")) {
                delete.setString(1, id);
                delete.executeUpdate();
            }
        });
    }

    @Override
    public synchronized void close() {
        file.close();
    }
}
