package io.helmwatch.pipeline.desk;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helmwatch.sinks.sqlite.SqliteException;
import io.helmwatch.web.RefusedException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The settings of the streams that were added while the service runs, in memory and in the {@linkplain StreamStore store}. Where the store cannot
 * be used, none can be added.
 *
 * <p>Threading: any thread reads; changes by one at a time. Ownership: owns the store.
 */
final class AddedStreams implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AddedStreams.class);

    private final @Nullable StreamStore store;
    private final String storeProblem;
    /** With their passwords. */
    private final Map<String, ObjectNode> settings = new ConcurrentHashMap<>();
    /** Why streams do not run. */
    private final Map<String, String> problems = new ConcurrentHashMap<>();

    /** Opens the store, without reading it. */
    AddedStreams(Path directory) {
        StreamStore opened = null;
        String problem = "";
        try {
            opened = new StreamStore(directory, Clock.systemUTC());
        } catch (SqliteException e) {
            problem = String.valueOf(e.getMessage());
            LOG.warn("Streams cannot be added while the service runs: {}", problem);
        }
        store = opened;
        storeProblem = problem;
    }

    /** What is stored, oldest first. */
    List<StreamStore.Stored> stored() {
        try {
            return store == null ? List.of() : store.all();
        } catch (SqliteException e) {
            LOG.error("{}", e.getMessage());
            return List.of();
        }
    }

    /** Remembers a stored stream. */
    void restored(String id, ObjectNode stored) {
        settings.put(id, stored);
    }

    /** Remembers why a stored stream does not run. */
    void failed(String id, String problem) {
        problems.put(id, problem);
    }

    /** Settings of a stream, with its password; null for one that was not added. */
    @Nullable
    ObjectNode settings(String id) {
        return settings.get(id);
    }

    /** Why streams do not run, by id. */
    Map<String, String> problems() {
        return problems;
    }

    /**
     * Stores a stream and has it run with these settings; where that fails, what was stored before is stored again.
     *
     * @param operation makes it run
     * @throws RefusedException with the reason; nothing has changed then
     */
    void put(String id, ObjectNode replacement, Runnable operation) {
        ObjectNode before = settings.get(id);
        run(() -> open().put(id, SettingsJson.text(replacement)));
        try {
            run(operation);
        } catch (RuntimeException refused) {
            if (before == null) {
                run(() -> open().remove(id));
            } else {
                run(() -> open().put(id, SettingsJson.text(before)));
            }
            throw refused;
        }
        settings.put(id, replacement);
        problems.remove(id);
    }

    /**
     * Removes a stream from the store, then ends it.
     *
     * @param operation ends it
     * @throws RefusedException with the reason
     */
    void remove(String id, Runnable operation) {
        run(() -> open().remove(id));
        run(operation);
        settings.remove(id);
        problems.remove(id);
    }

    /** An operation whose failure is a sentence for whoever asked. */
    static void run(Runnable operation) {
        try {
            operation.run();
        } catch (SqliteException | IllegalStateException e) {
            throw RefusedException.unavailable(String.valueOf(e.getMessage()));
        }
    }

    private StreamStore open() {
        if (store == null) {
            throw RefusedException.unavailable(storeProblem);
        }
        return store;
    }

    @Override
    public void close() {
        if (store != null) {
            store.close();
        }
    }
}
