package io.helmwatch.web.api;

import io.helmwatch.web.Incidents;
import io.helmwatch.web.Incidents.ClipFile;
import io.helmwatch.web.RefusedException;
import io.helmwatch.web.Relay;
import io.helmwatch.web.access.Access;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The videos of incidents. A part of one is at most {@value #MOST_PART_BYTES} bytes, whatever was asked for, since answers are kept in memory until
 * they are sent; players ask for the next.
 *
 * <p>Threading: any thread.
 */
final class ClipRoutes {
    private static final int MOST_PART_BYTES = 2 << 20;
    private static final long MOST_WHOLE_BYTES = 64L << 20;
    private static final int PARTIAL = 206;
    private static final int FORBIDDEN = 403;
    private static final int NOT_SATISFIABLE = 416;
    private static final String VIDEO = "video/mp4";

    private final @Nullable Incidents incidents;
    private final Access access;

    ClipRoutes(@Nullable Incidents incidents, Access access) {
        this.incidents = incidents;
        this.access = access;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                                "/incidents/{id}/clip.mp4",
                                "getClip",
                                "The stored video, or with the header Range a part of it",
                                byte[].class,
                                this::video)
                        .answering(VIDEO)
                        .passedOn(Relay.Subject.INCIDENT),
                Route.get(
                                "/incidents/{id}/clip.json",
                                "getClipFrames",
                                "What was detected in the frames of the video, by presentation time"
                                        + " (clip-1.schema.json)",
                                byte[].class,
                                this::frames)
                        .answering(Reply.JSON)
                        .passedOn(Relay.Subject.INCIDENT));
    }

    private Incidents incidents() {
        if (incidents == null) {
            throw RefusedException.unavailable("the history of incidents is not available");
        }
        return incidents;
    }

    private Reply video(Call call) {
        if (access.isJpegOnly(call.caller())) {
            return Reply.problem(
                    FORBIDDEN, "Not allowed", "your role gets still frames only (http.viewer-video)", List.of());
        }
        ClipFile clip = incidents()
                .clip(call.incidentId())
                .orElseThrow(() -> RefusedException.notFound("there is no clip of this incident"));
        ByteRange range = ByteRange.of(call.range(), clip.bytes());
        if (range == null) {
            if (clip.bytes() > MOST_WHOLE_BYTES) {
                throw RefusedException.conflict(
                        "the clip has " + (clip.bytes() >> 20) + " MiB: ask for parts of it with the header Range");
            }
            return Reply.bytes(VIDEO, clip.part().read(0, (int) clip.bytes())).with("Accept-Ranges", "bytes");
        }
        if (range.length() < 1) {
            return Reply.problem(NOT_SATISFIABLE, "Range not satisfiable", "the clip ends before", List.of())
                    .with("Content-Range", "bytes */" + clip.bytes());
        }
        int length = (int) Math.min(MOST_PART_BYTES, range.length());
        long last = range.first() + length - 1;
        return new Reply(PARTIAL, VIDEO, clip.part().read(range.first(), length), Map.of())
                .with("Accept-Ranges", "bytes")
                .with("Content-Range", "bytes " + range.first() + "-" + last + "/" + clip.bytes());
    }

    private Reply frames(Call call) {
        byte[] sidecar = incidents()
                .clipFrames(call.incidentId())
                .orElseThrow(() -> RefusedException.notFound("there is no clip of this incident"));
        return Reply.bytes(Reply.JSON, sidecar);
    }
}
