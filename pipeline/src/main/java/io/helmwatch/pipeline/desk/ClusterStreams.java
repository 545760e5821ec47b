package io.helmwatch.pipeline.desk;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helmwatch.cluster.CameraTable;
import io.helmwatch.cluster.PlacedCamera;
import io.helmwatch.cluster.kafka.CameraEditor;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.site.SiteCameras;
import io.helmwatch.web.RefusedException;
import io.helmwatch.web.Streams;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The cameras of a cluster for the page and its API: those that this node runs as they are, those of the other nodes as the cluster's topics tell
 * them.
 *
 * <p>Threading: as {@link Streams}.
 */
final class ClusterStreams implements Streams {
    private final HelmwatchConfig config;
    private final ClusterConfig cluster;
    private final DeskStreams own;
    private volatile @Nullable Shared shared;

    /**
     * What all nodes share.
     *
     * @param cameras as they are in the topic
     * @param site as they are shown
     * @param editor changes them
     */
    record Shared(CameraTable cameras, SiteCameras site, CameraEditor editor) {}

    /**
     * The cameras of a cluster.
     *
     * @param own those that this node runs
     */
    ClusterStreams(HelmwatchConfig config, ClusterConfig cluster, DeskStreams own) {
        this.config = config;
        this.cluster = cluster;
        this.own = own;
    }

    /** The topics of the cluster are followed. */
    void open(Shared opened) {
        shared = opened;
    }

    @Override
    public List<Stream> list() {
        Shared known = shared;
        Map<String, Stream> all = known == null ? new TreeMap<>() : known.site().all();
        own.list().forEach(stream -> all.put(stream.id(), here(stream, all.get(stream.id()))));
        return new ArrayList<>(all.values());
    }

    @Override
    public Optional<Stream> find(String id) {
        Shared known = shared;
        Stream seen = known == null ? null : known.site().find(id).orElse(null);
        Optional<Stream> running = own.find(id).map(stream -> here(stream, seen));
        return running.isPresent() ? running : Optional.ofNullable(seen);
    }

    /** A stream that runs here, with its settings as they are shared. */
    private Stream here(Stream stream, @Nullable Stream seen) {
        return new Stream(
                stream.id(),
                stream.url(),
                Origin.CLUSTER,
                stream.state(),
                stream.reason(),
                stream.reasonCode(),
                stream.since(),
                stream.retries(),
                stream.size(),
                stream.codec(),
                stream.sourceFps(),
                stream.wantedFps(),
                stream.analysedFps(),
                stream.droppedFps(),
                stream.latencyMillis(),
                stream.lastFrameAt(),
                stream.openIncidents(),
                stream.masked(),
                seen == null ? stream.settings() : seen.settings(),
                cluster.node());
    }

    @Override
    public Stream add(JsonNode given) {
        Shared cameras = shared();
        SharedSettings shares = settings();
        ObjectNode settings = shares.completed(given, null);
        StreamConfig camera = check(shares.read(settings, null));
        String id = camera.id();
        if (cameras.site().find(id).isPresent()) {
            throw RefusedException.conflict("camera " + id + " exists already: choose another id");
        }
        AddedStreams.run(() -> cameras.editor().add(id, text(settings)));
        return require(id);
    }

    @Override
    public Stream change(String id, JsonNode given) {
        PlacedCamera camera = existing(id);
        ObjectNode stored = SettingsJson.parse(camera.settings());
        SharedSettings shares = settings();
        ObjectNode settings = shares.completed(given, stored);
        DeskStreams.requireSameId(id, settings);
        return replace(camera, stored, settings, shares);
    }

    @Override
    public Stream changeRegions(String id, JsonNode regions) {
        PlacedCamera camera = existing(id);
        ObjectNode stored = SettingsJson.parse(camera.settings());
        return replace(camera, stored, SettingsJson.withRegions(stored, regions), settings());
    }

    private Stream replace(PlacedCamera camera, ObjectNode stored, ObjectNode settings, SharedSettings shares) {
        check(shares.read(settings, stored));
        if (!settings.equals(stored)) {
            AddedStreams.run(() -> shared().editor().replace(camera, text(settings)));
        }
        return require(camera.id());
    }

    @Override
    public void remove(String id) {
        existing(id);
        AddedStreams.run(() -> shared().editor().remove(id));
    }

    private PlacedCamera existing(String id) {
        List<PlacedCamera> copies = shared().cameras().copies(id);
        if (copies.size() > 1) {
            throw RefusedException.conflict("camera " + id + " is being moved: try again in some seconds");
        }
        return copies.stream().findFirst().orElseThrow(() -> notFound(id));
    }

    private StreamConfig check(StreamConfig camera) {
        return own.check(camera);
    }

    private SharedSettings settings() {
        return new SharedSettings(config, cluster.folder(), own.devices());
    }

    /** As {@code cameras apply} writes it, so that the same settings are the same text. */
    private static String text(ObjectNode settings) {
        return PlacedCamera.text(SettingsJson.values(settings));
    }

    private Stream require(String id) {
        return find(id).orElseThrow(() -> notFound(id));
    }

    private static RefusedException notFound(String id) {
        return RefusedException.notFound("there is no camera " + id);
    }

    private Shared shared() {
        Shared known = shared;
        if (known == null) {
            throw RefusedException.unavailable("the service is starting: try again in some seconds");
        }
        return known;
    }

    @Override
    public void restart(String id) {
        requireHere(id);
        own.restart(id);
    }

    @Override
    public List<RulePreview> preview(String id, JsonNode regions) {
        requireHere(id);
        return own.preview(id, regions);
    }

    @Override
    public Optional<byte[]> frame(String id, boolean isDrawn) {
        requireHere(id);
        return own.frame(id, isDrawn);
    }

    @Override
    public Probe probe(JsonNode settings) {
        return own.probe(settings);
    }

    private void requireHere(String id) {
        if (own.find(id).isPresent()) {
            return;
        }
        Stream seen = require(id);
        String node = seen.node();
        throw RefusedException.unavailable(
                node == null
                        ? "no node has camera " + id + " now: try again in some seconds"
                        : node.equals(cluster.node())
                                ? "camera " + id + " does not run: " + seen.reason()
                                : "camera " + id + " is on node " + node + ": look at it there");
    }
}
