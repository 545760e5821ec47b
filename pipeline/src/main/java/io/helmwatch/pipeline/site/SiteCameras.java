package io.helmwatch.pipeline.site;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.cluster.ClusterView;
import io.helmwatch.cluster.NodeAnnouncement;
import io.helmwatch.cluster.PlacedCamera;
import io.helmwatch.cluster.StreamState;
import io.helmwatch.config.secret.Redaction;
import io.helmwatch.vision.NodeEpoch;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.web.Streams.Origin;
import io.helmwatch.web.Streams.Stream;
import java.time.Instant;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The cameras of all nodes of a cluster, as its topics tell them. A camera that no node has is offline and says so; one that never had a node is
 * starting.
 *
 * <p>Memory: the topics' tables and one description of each camera, which is made again when what it is made of changes.
 *
 * <p>Threading: any thread.
 */
public final class SiteCameras {
    /** Why a camera is offline that no node has. */
    static final String NO_NODE = "no-node";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final ClusterView view;
    private final boolean blursHeads;
    private final Map<String, Shown> shown = new ConcurrentHashMap<>();

    /** A camera as it is shown, with what it was made of. */
    private record Shown(
            PlacedCamera camera, @Nullable StreamState state, boolean isHeld, int openIncidents, Stream stream) {
        boolean isMadeOf(PlacedCamera camera, @Nullable StreamState state, boolean isHeld, int openIncidents) {
            return this.camera.equals(camera)
                    && Objects.equals(this.state, state)
                    && this.isHeld == isHeld
                    && this.openIncidents == openIncidents;
        }
    }

    /**
     * The cameras of a cluster.
     *
     * @param blursHeads whether heads are blurred in all pictures
     */
    public SiteCameras(ClusterView view, boolean blursHeads) {
        this.view = view;
        this.blursHeads = blursHeads;
    }

    /** All cameras, by id. */
    public Map<String, Stream> all() {
        Map<String, Stream> all = new TreeMap<>();
        long now = System.currentTimeMillis();
        Set<String> silent = new HashSet<>();
        view.nodes().all(now).stream()
                .filter(node -> node.isSilent(now))
                .map(NodeAnnouncement::node)
                .forEach(silent::add);
        for (PlacedCamera camera : view.cameras().all()) {
            all.put(camera.id(), stream(camera, now, silent));
        }
        shown.keySet().retainAll(all.keySet());
        return all;
    }

    /** A camera; empty where there is none of this id. */
    public Optional<Stream> find(String id) {
        long now = System.currentTimeMillis();
        return view.cameras().find(id).map(camera -> {
            NodeEpoch newest = view.states().newest(id);
            boolean isSilent = newest != null
                    && view.nodes()
                            .find(newest.node())
                            .map(node -> node.isSilent(now))
                            .orElse(false);
            return stream(camera, now, isSilent && newest != null ? Set.of(newest.node()) : Set.of());
        });
    }

    private Stream stream(PlacedCamera camera, long nowMillis, Set<String> silent) {
        StreamState state = view.states().state(camera.id());
        NodeEpoch origin = state == null ? null : state.origin();
        boolean isHeld =
                state != null && origin != null && !silent.contains(origin.node()) && !state.isExpired(nowMillis);
        int openIncidents = view.openIncidents().count(camera.id());
        Shown known = shown.get(camera.id());
        if (known != null && known.isMadeOf(camera, state, isHeld, openIncidents)) {
            return known.stream();
        }
        Stream stream = streamOf(camera, state, isHeld, openIncidents);
        shown.put(camera.id(), new Shown(camera, state, isHeld, openIncidents, stream));
        return stream;
    }

    private Stream streamOf(PlacedCamera camera, @Nullable StreamState state, boolean isHeld, int openIncidents) {
        JsonNode settings = settings(camera.settings());
        NodeEpoch origin = state == null ? null : state.origin();
        String name;
        String reason;
        String reasonCode;
        long sinceMillis;
        if (state != null && isHeld) {
            name = state.state();
            reason = state.reason();
            reasonCode = state.reasonCode();
            sinceMillis = state.changedMillis();
        } else if (state != null && origin != null) {
            name = text(StreamStatus.State.OFFLINE);
            reason = "no node has this camera now; node " + origin.node() + " had it last";
            reasonCode = NO_NODE;
            sinceMillis =
                    Math.min(Math.max(state.changedMillis(), state.validUntilMillis()), System.currentTimeMillis());
        } else {
            name = text(StreamStatus.State.STARTING);
            reason = "no node has started this camera yet";
            reasonCode = NO_NODE;
            sinceMillis = System.currentTimeMillis();
        }
        return new Stream(
                camera.id(),
                Redaction.redact(settings.path("url").asText("")),
                Origin.CLUSTER,
                name,
                Redaction.redact(reason),
                reasonCode,
                Instant.ofEpochMilli(sinceMillis),
                0,
                null,
                null,
                null,
                0,
                0,
                Map.of(),
                null,
                null,
                openIncidents,
                blursHeads || settings.path("masks").size() > 0,
                settings,
                isHeld && origin != null ? origin.node() : null);
    }

    private static String text(StreamStatus.State state) {
        return state.name().toLowerCase(Locale.ROOT);
    }

    /** The settings as they are in the topic, which holds no secrets; an empty object for what is no JSON. */
    public static JsonNode settings(String text) {
        try {
            JsonNode settings = JSON.readTree(text);
            return settings.isObject() ? settings : JSON.createObjectNode();
        } catch (JsonProcessingException e) {
            return JSON.createObjectNode();
        }
    }
}
