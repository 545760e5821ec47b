package io.helmwatch.web.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.helmwatch.config.http.Role;
import io.helmwatch.web.RefusedException;
import io.helmwatch.web.RefusedException.Kind;
import io.helmwatch.web.Relay;
import io.helmwatch.web.Streams;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Streams: list, add, change, remove, restart, preview, probe. Threading: any thread. */
final class StreamRoutes {
    /** Opening an address takes seconds and a decoder. */
    private static final int PROBES_AT_ONCE = 2;

    private final @Nullable Streams streams;
    private final Semaphore probes = new Semaphore(PROBES_AT_ONCE);

    /**
     * All streams.
     *
     * @param streams in the order of the configuration file, then of their addition
     */
    record StreamList(List<Streams.Stream> streams) {}

    /**
     * What rules would say.
     *
     * @param rules one for each rule
     */
    record Preview(List<Streams.RulePreview> rules) {}

    StreamRoutes(@Nullable Streams streams) {
        this.streams = streams;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                        "/streams",
                        "listStreams",
                        "All streams",
                        StreamList.class,
                        call -> Reply.json(new StreamList(streams().list()))),
                Route.change(
                                "POST",
                                "/streams",
                                "addStream",
                                "Add a stream and start it",
                                Role.ADMIN,
                                Streams.Stream.class,
                                call -> Reply.json(201, streams().add(call.tree())))
                        .taking(JsonNode.class)
                        .answering(201),
                Route.get(
                        "/streams/{id}",
                        "getStream",
                        "A stream",
                        Streams.Stream.class,
                        call -> Reply.json(existing(call))),
                Route.change(
                                "PUT",
                                "/streams/{id}",
                                "changeStream",
                                "Replace a stream's settings",
                                Role.ADMIN,
                                Streams.Stream.class,
                                call -> Reply.json(streams().change(call.id(), call.tree())))
                        .taking(JsonNode.class),
                Route.change(
                        "DELETE",
                        "/streams/{id}",
                        "removeStream",
                        "Remove a stream",
                        Role.ADMIN,
                        null,
                        call -> done(() -> streams().remove(call.id()))),
                Route.change(
                                "PUT",
                                "/streams/{id}/regions",
                                "changeRegions",
                                "Replace a stream's zones, masks and rules",
                                Role.OPERATOR,
                                Streams.Stream.class,
                                call -> Reply.json(streams().changeRegions(call.id(), call.tree())))
                        .taking(JsonNode.class),
                Route.change(
                                "POST",
                                "/streams/{id}/restart",
                                "restartStream",
                                "Close and open a stream again",
                                Role.OPERATOR,
                                null,
                                call -> done(() -> streams().restart(call.id())))
                        .passedOn(Relay.Subject.STREAM),
                Route.change(
                                "POST",
                                "/streams/{id}/preview",
                                "previewRules",
                                "What rules would say of the frame that was analysed last",
                                Role.VIEWER,
                                Preview.class,
                                call -> Reply.json(new Preview(streams().preview(call.id(), call.tree()))))
                        .taking(JsonNode.class)
                        .unaudited()
                        .passedOn(Relay.Subject.STREAM),
                Route.get(
                                "/streams/{id}/frame.jpg",
                                "getFrame",
                                "The latest frame, masks burned in",
                                byte[].class,
                                this::frame)
                        .with(new Route.Parameter("draw", Boolean.class, "whether boxes and zones are drawn"))
                        .answering("image/jpeg")
                        .passedOn(Relay.Subject.STREAM),
                Route.change(
                                "POST",
                                "/probe",
                                "probeStream",
                                "Open an address without adding it",
                                Role.ADMIN,
                                Streams.Probe.class,
                                this::probe)
                        .taking(JsonNode.class));
    }

    private Streams streams() {
        if (streams == null) {
            throw RefusedException.unavailable("streams are not available");
        }
        return streams;
    }

    private Streams.Stream existing(Call call) {
        return streams().find(call.id()).orElseThrow(() -> RefusedException.notFound("there is no stream of this id"));
    }

    private Reply frame(Call call) {
        Supplier<RefusedException> none = () -> RefusedException.notFound("there is no frame of this stream");
        existing(call);
        return Reply.bytes(
                "image/jpeg", streams().frame(call.id(), call.flag("draw")).orElseThrow(none));
    }

    private Reply probe(Call call) {
        JsonNode settings = call.tree();
        Streams probed = streams();
        if (!probes.tryAcquire()) {
            throw new RefusedException(Kind.BUSY, "two addresses are being probed: try again in some seconds");
        }
        try {
            return Reply.json(probed.probe(settings));
        } finally {
            probes.release();
        }
    }

    private static Reply done(Runnable change) {
        change.run();
        return Reply.empty();
    }
}
