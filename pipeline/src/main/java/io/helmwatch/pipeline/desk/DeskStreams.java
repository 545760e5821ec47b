package io.helmwatch.pipeline.desk;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.schema.RequestLimits;
import io.helmwatch.config.secret.Redaction;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.config.stream.StreamSettings;
import io.helmwatch.config.yaml.ConfigException;
import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.web.RefusedException;
import io.helmwatch.web.Streams;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The streams for the page and its API. Those of the configuration file are shown; those that are added here are stored, and run again after a
 * restart of the service.
 *
 * <p>Threading: as {@link Streams}; operations that change something wait for each other.
 */
final class DeskStreams implements Streams, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DeskStreams.class);
    private static final Duration SHORTEST_WAIT = Duration.ofSeconds(2);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);
    private static final String PROBED = "probe";

    private final HelmwatchConfig config;
    private final CurrentFrames frames;
    private final StreamProbing probing = new StreamProbing();
    private final AddedStreams added;
    private volatile @Nullable StreamControl started;

    /**
     * Opens the store; where it cannot be used, streams are shown and not added.
     *
     * @param frames gives frames of the streams
     */
    DeskStreams(HelmwatchConfig config, CurrentFrames frames) {
        this.config = config;
        this.frames = frames;
        this.added = new AddedStreams(config.desk().directory());
    }

    /** Starts the stored streams beside those that run; one that cannot run is logged, and shown as failed. */
    public synchronized void start(StreamControl control) {
        started = control;
        if (config.cluster() != null) {
            return;
        }
        for (StreamStore.Stored stored : added.stored()) {
            ObjectNode settings = SettingsJson.parse(stored.settings());
            try {
                if (control.config(stored.id()) != null) {
                    LOG.warn(
                            "Stream {} is in the configuration file now: the one of this id that was added is not"
                                    + " started",
                            stored.id());
                    continue;
                }
                added.restored(stored.id(), settings);
                control.add(check(settings));
            } catch (RefusedException | IllegalStateException e) {
                String problem = Redaction.redact(String.valueOf(e.getMessage()));
                added.failed(stored.id(), problem);
                LOG.error("Stream {} not started: {}", stored.id(), problem);
            }
        }
    }

    @Override
    public List<Stream> list() {
        List<Stream> streams = new ArrayList<>();
        for (StreamConfig stream : control().streams()) {
            StreamFeed feed = control().feed(stream.id());
            if (feed != null) {
                streams.add(running(stream, feed));
            }
        }
        added.problems().forEach((id, problem) -> failed(id, problem).ifPresent(streams::add));
        return streams;
    }

    @Override
    public Optional<Stream> find(String id) {
        StreamConfig stream = control().config(id);
        StreamFeed feed = control().feed(id);
        if (stream != null && feed != null) {
            return Optional.of(running(stream, feed));
        }
        String problem = added.problems().get(id);
        return problem == null ? Optional.empty() : failed(id, problem);
    }

    private Stream running(StreamConfig stream, StreamFeed feed) {
        ObjectNode settings = added.settings(stream.id());
        return StreamView.of(
                stream,
                feed,
                control().isInFile(stream.id()) ? Origin.FILE : Origin.ADDED,
                control().openIncidents(stream.id()),
                isMasked(stream),
                settings == null ? SettingsJson.of(stream) : SettingsJson.shown(settings));
    }

    private Optional<Stream> failed(String id, String problem) {
        ObjectNode settings = added.settings(id);
        return settings == null
                ? Optional.empty()
                : Optional.of(StreamView.failed(id, SettingsJson.shown(settings), problem));
    }

    private boolean isMasked(StreamConfig stream) {
        return !stream.rules().masks().isEmpty()
                || config.incidents().snapshots().blurOthers();
    }

    @Override
    public synchronized Stream add(JsonNode given) {
        ObjectNode settings = SettingsJson.complete(SettingsJson.object(given), null);
        StreamConfig stream = check(settings);
        String id = stream.id();
        if (control().config(id) != null || added.settings(id) != null) {
            throw RefusedException.conflict("stream " + id + " exists already: choose another id");
        }
        added.put(id, settings, () -> control().add(stream));
        return require(id);
    }

    @Override
    public synchronized Stream change(String id, JsonNode given) {
        ObjectNode stored = requireAdded(id);
        ObjectNode settings = SettingsJson.complete(SettingsJson.object(given), stored);
        requireSameId(id, settings);
        return put(id, settings);
    }

    /** Sets the id of changed settings, which is not changed itself. */
    static void requireSameId(String id, ObjectNode settings) {
        if (settings.has("id") && !settings.path("id").asText().equals(id)) {
            throw RefusedException.refused(
                    "id: must be " + id + ": add another stream and remove this one",
                    List.of(new RefusedException.FieldError("id", "must be " + id)));
        }
        settings.put("id", id);
    }

    private Stream put(String id, ObjectNode settings) {
        StreamConfig stream = check(settings);
        added.put(id, settings, () -> {
            if (control().config(id) == null) {
                control().add(stream);
            } else {
                control().change(stream);
            }
        });
        return require(id);
    }

    @Override
    public synchronized void remove(String id) {
        requireAdded(id);
        added.remove(id, () -> {
            if (control().config(id) != null) {
                control().remove(id);
            }
        });
    }

    @Override
    public synchronized Stream changeRegions(String id, JsonNode regions) {
        if (control().isInFile(id)) {
            StreamConfig changed = withRegions(id, regions);
            throw RefusedException.conflict("stream " + id
                    + " is in the configuration file: put these lines into its item and reload\n"
                    + StreamSettings.regions(changed));
        }
        return put(id, SettingsJson.withRegions(requireAdded(id), regions));
    }

    @Override
    public void restart(String id) {
        requireRunning(id);
        AddedStreams.run(() -> control().restart(id));
    }

    @Override
    public List<RulePreview> preview(String id, JsonNode regions) {
        StreamFeed feed = requireRunning(id);
        StreamConfig stream = withRegions(id, regions);
        FrameDetections frame = feed.lastDetections();
        if (frame == null) {
            throw RefusedException.conflict("no frame of stream " + id + " was analysed yet: its rules say nothing");
        }
        return StreamView.previews(stream.rules(), config.incidents().tracking(), frame);
    }

    private StreamConfig withRegions(String id, JsonNode regions) {
        requireRunning(id);
        ObjectNode changed = SettingsJson.withRegions(SettingsJson.withoutCredentials(settings(id)), regions);
        // The rest is in force already, whoever wrote it.
        return check(reader(RequestLimits.OF_FILE).read(changed));
    }

    @Override
    public Optional<byte[]> frame(String id, boolean isDrawn) {
        requireRunning(id);
        StreamConfig stream = control().config(id);
        if (stream == null) {
            return Optional.empty();
        }
        double interval = stream.analyzeFps() > 0 ? 2 / stream.analyzeFps() : 0;
        Duration wait = Duration.ofMillis(
                Math.min(LONGEST_WAIT.toMillis(), SHORTEST_WAIT.toMillis() + Math.round(1_000 * interval)));
        try {
            return frames.next(stream, isDrawn, wait);
        } catch (IOException e) {
            throw RefusedException.unavailable("frame of stream " + id + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    @Override
    public Probe probe(JsonNode given) {
        ObjectNode settings = SettingsJson.object(given);
        String id = settings.path("id").asText(PROBED);
        settings.put("id", id);
        return probing.probe(reader().read(SettingsJson.complete(settings, added.settings(id))));
    }

    private StreamControl control() {
        StreamControl control = started;
        if (control == null) {
            throw RefusedException.unavailable("the service is starting: try again in some seconds");
        }
        return control;
    }

    private SettingsJson reader() {
        return reader(config.desk().limits());
    }

    private SettingsJson reader(RequestLimits limits) {
        return new SettingsJson(config.desk().directory(), control().devices(), limits);
    }

    private StreamConfig check(ObjectNode settings) {
        return check(reader().read(settings));
    }

    /** The GPUs in use; empty where streams are analysed on the CPU. */
    List<Integer> devices() {
        return control().devices();
    }

    /** Refuses rules that can never fire, or whose incidents could not be published. */
    StreamConfig check(StreamConfig stream) {
        try {
            control().check(stream);
        } catch (ConfigException e) {
            throw SettingsJson.refused(e);
        }
        return stream;
    }

    private ObjectNode settings(String id) {
        ObjectNode own = added.settings(id);
        if (own != null) {
            return own;
        }
        StreamConfig stream = control().config(id);
        if (stream == null) {
            throw notFound(id);
        }
        return SettingsJson.of(stream);
    }

    private Stream require(String id) {
        return find(id).orElseThrow(() -> notFound(id));
    }

    private StreamFeed requireRunning(String id) {
        StreamFeed feed = control().feed(id);
        if (feed == null) {
            throw notFound(id);
        }
        return feed;
    }

    private ObjectNode requireAdded(String id) {
        ObjectNode settings = added.settings(id);
        if (settings == null) {
            if (control().isInFile(id)) {
                throw RefusedException.conflict(
                        "stream " + id + " is in the configuration file: change it there and reload");
            }
            throw notFound(id);
        }
        return settings;
    }

    private static RefusedException notFound(String id) {
        return RefusedException.notFound("there is no stream " + id);
    }

    @Override
    public void close() {
        added.close();
    }
}
