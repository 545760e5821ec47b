package io.helmwatch.web;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The streams of the service. Settings are one item of the configuration's {@code streams} as JSON with the configuration's own key names;
 * they are checked by the configuration's own reader, and a {@link RefusedException} names what it found by key path.
 *
 * <p>A change touches only its stream. Streams of the configuration file can be read, restarted and previewed, but not changed
 * ({@link RefusedException.Kind#CONFLICT}). An id that does not exist is {@link RefusedException.Kind#NOT_FOUND}.
 *
 * <p>Threading: any thread; {@link #probe} takes as long as the stream's time limits.
 */
public interface Streams {

    /** All streams, in the order of the configuration file, then of their addition. */
    List<Stream> list();

    /** A stream; empty where there is none of this id. */
    Optional<Stream> find(String id);

    /** Adds a stream and starts it. */
    Stream add(JsonNode settings);

    /** Replaces a stream's settings; settings without a password keep the stored one where user and address are the same. */
    Stream change(String id, JsonNode settings);

    /** Removes a stream: ends its incidents and its state. */
    void remove(String id);

    /**
     * Replaces zones, masks and rules; tracks of unchanged rules continue.
     *
     * @param regions {@code zones}, {@code masks} and {@code rules} in the form of the settings
     */
    Stream changeRegions(String id, JsonNode regions);

    /** Closes and opens a stream again. */
    void restart(String id);

    /** What rules would say of the frame that was analysed last. */
    List<RulePreview> preview(String id, JsonNode regions);

    /**
     * The latest frame as JPEG, masks burned in; empty where there is none.
     *
     * @param isDrawn whether boxes and zones are drawn
     */
    Optional<byte[]> frame(String id, boolean isDrawn);

    /** Opens an address without adding it. */
    Probe probe(JsonNode settings);

    /** Where a stream's settings are kept. */
    enum Origin {
        /** The configuration file. */
        FILE,
        /** Added at run time. */
        ADDED,
        /** The topic of cameras that the nodes of a cluster share. */
        CLUSTER
    }

    /**
     * Size of a frame in source pixels.
     *
     * @param width pixels
     * @param height pixels
     */
    record Size(int width, int height) {}

    /**
     * A stream.
     *
     * @param id its name
     * @param url its address without credentials
     * @param origin where its settings are kept
     * @param state starting, online, degraded, offline, failed, ended
     * @param reason why, as a sentence; empty while nothing is wrong
     * @param reasonCode why, as a constant; null where there is none
     * @param since start of the state
     * @param retries attempts to reconnect since it was lost
     * @param size size of its frames; null while it is not known
     * @param codec name of its codec; null while it is not known
     * @param sourceFps frames that the source sends a second; null while it is not known
     * @param wantedFps frames a second that should be analysed
     * @param analysedFps frames a second that are analysed
     * @param droppedFps frames a second that are dropped, by cause
     * @param latencyMillis from the frame's arrival to its detections; null while nothing was analysed
     * @param lastFrameAt capture time of the latest analysed frame; null where there is none
     * @param openIncidents number of its open incidents
     * @param masked whether its video is served as JPEG with masks burned in only
     * @param settings its settings without secrets
     * @param node name of the node of a cluster that has it; null without a cluster, and while no node has it. Of a stream of another node only
     *     the state is known: what is measured is 0 or null
     */
    record Stream(
            String id,
            String url,
            Origin origin,
            String state,
            String reason,
            @Nullable String reasonCode,
            Instant since,
            long retries,
            @Nullable Size size,
            @Nullable String codec,
            @Nullable Double sourceFps,
            double wantedFps,
            double analysedFps,
            Map<String, Double> droppedFps,
            @Nullable Double latencyMillis,
            @Nullable Instant lastFrameAt,
            int openIncidents,
            boolean masked,
            JsonNode settings,
            @Nullable String node) {}

    /**
     * What a rule would say now.
     *
     * @param name its name
     * @param sentence the answer in words
     * @param observed heads that it observes
     * @param violating heads that violate it
     */
    record RulePreview(String name, String sentence, int observed, int violating) {}

    /**
     * What an address delivers.
     *
     * @param ok whether frames arrive
     * @param problem why not, as a sentence; empty where they do
     * @param advice what to do, as a sentence; may be empty
     * @param codec name of the codec; null where it is not known
     * @param width pixels; null where it is not known
     * @param height pixels; null where it is not known
     * @param fps frames a second; null where it is not known
     * @param keyFrameSeconds distance of key frames; null where it is not known
     * @param clockOffsetMillis the camera's clock minus this machine's; null where the camera sends no time
     * @param image the first frame as a data URL of a JPEG; null where there is none
     */
    record Probe(
            boolean ok,
            String problem,
            String advice,
            @Nullable String codec,
            @Nullable Integer width,
            @Nullable Integer height,
            @Nullable Double fps,
            @Nullable Double keyFrameSeconds,
            @Nullable Double clockOffsetMillis,
            @Nullable String image) {}
}
