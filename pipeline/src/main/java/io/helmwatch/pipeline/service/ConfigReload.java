package io.helmwatch.pipeline.service;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.http.AccessConfig;
import io.helmwatch.config.incident.IncidentsConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.service.incident.IncidentService;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Applies the streams of a configuration that was read again: those that left it are removed, new ones are added, and the settings of the others
 * are changed; then its users and tokens. Streams that were added while the service runs stay.
 *
 * <p>Threading: one thread at a time.
 */
final class ConfigReload {
    private final HelmwatchConfig started;
    private final RunningStreams streams;
    private final IncidentService incidents;
    private final Consumer<HelmwatchConfig> check;
    private final Predicate<AccessConfig> logins;
    private Map<String, StreamConfig> inFile;

    /**
     * Nothing is reloaded so far.
     *
     * @param started the configuration that the service was started with
     * @param check throws when rules can never fire
     * @param logins replaces users and tokens; tells whether that changed any
     */
    ConfigReload(
            HelmwatchConfig started,
            RunningStreams streams,
            IncidentService incidents,
            Consumer<HelmwatchConfig> check,
            Predicate<AccessConfig> logins) {
        this.started = started;
        this.streams = streams;
        this.incidents = incidents;
        this.check = check;
        this.logins = logins;
        this.inFile = byId(started.streams());
    }

    private static Map<String, StreamConfig> byId(List<StreamConfig> configs) {
        Map<String, StreamConfig> byId = new HashMap<>();
        configs.forEach(stream -> byId.put(stream.id(), stream));
        return Map.copyOf(byId);
    }

    /** The ids of the streams of the file. */
    Set<String> streamsInFile() {
        return inFile.keySet();
    }

    /**
     * Applies another configuration.
     *
     * @return one sentence that says what changed
     * @throws RuntimeException what is wrong with it; nothing has changed when it is found before a stream is touched
     */
    String apply(HelmwatchConfig replacement) {
        check.accept(replacement);
        Map<String, StreamConfig> wanted = byId(replacement.streams());
        for (StreamConfig stream : replacement.streams()) {
            if (!inFile.containsKey(stream.id()) && streams.config(stream.id()) != null) {
                throw new IllegalStateException("stream " + stream.id()
                        + " was added while the service runs: remove it there first, or choose another id");
            }
            streams.requireDevice(stream);
        }
        incidents.prepare(replacement.streams(), replacement.incidents());
        // As one operation: the service must not end between the removal of the last stream and the next.
        synchronized (streams) {
            return changeStreams(replacement, wanted);
        }
    }

    private String changeStreams(HelmwatchConfig replacement, Map<String, StreamConfig> wanted) {
        List<String> removed = new ArrayList<>();
        for (String stream : inFile.keySet()) {
            if (!wanted.containsKey(stream) && streams.config(stream) != null) {
                streams.remove(stream);
                removed.add(stream);
            }
        }
        // Only now: one that does not stop in time is removed by the next reload.
        inFile = wanted;
        List<String> added = new ArrayList<>();
        for (StreamConfig stream : replacement.streams()) {
            if (streams.config(stream.id()) == null) {
                streams.add(stream);
                added.add(stream.id());
            } else {
                streams.change(stream);
            }
        }
        return "Reloaded streams, zones, masks and rules" + list("added", added) + list("removed", removed)
                + (logins.test(replacement.http().access()) ? "; users and tokens changed" : "")
                + (isSameOtherwise(replacement) ? "" : "; other changes take effect after a restart");
    }

    private static String list(String what, List<String> ids) {
        return ids.isEmpty() ? "" : "; " + what + " " + String.join(", ", ids);
    }

    /** Whether nothing but streams differs from the configuration in force. */
    private boolean isSameOtherwise(HelmwatchConfig replacement) {
        IncidentsConfig wanted = replacement.incidents();
        @Nullable IncidentsConfig inForce = incidents.inForce();
        return withoutReloaded(started)
                .withIncidents(inForce == null ? wanted : inForce)
                .equals(withoutReloaded(replacement).withIncidents(wanted));
    }

    private static HelmwatchConfig withoutReloaded(HelmwatchConfig config) {
        AccessConfig access = config.http().access().withUsers(List.of()).withTokens(List.of());
        return config.withStreams(List.of()).withHttp(config.http().withAccess(access));
    }
}
