package io.helmwatch.web.server;

import io.helmwatch.config.http.Role;
import io.helmwatch.config.secret.Redaction;
import io.helmwatch.web.Service;
import io.helmwatch.web.access.Access;
import io.helmwatch.web.access.Caller;
import io.helmwatch.web.api.Reply;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What programs ask of a service outside the API: {@code /live}, {@code /ready}, {@code /startup}, {@code /metrics}, {@code /streams}, which are
 * read; and {@code /reload}, which is posted from this machine. The probes answer 200 with {@code ok}, or 503 with one sentence.
 *
 * <p>Threading: any thread.
 */
final class ServicePaths {
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
    private static final String JSON = "application/json";

    private final Map<String, Path> paths = new LinkedHashMap<>();

    /**
     * A path.
     *
     * @param method method of HTTP; GET includes HEAD
     * @param isOpen whether everybody who reaches the address is answered, and whatever name the address was reached by
     * @param answer the answer
     */
    record Path(String method, boolean isOpen, Answer answer) {}

    /** What a path answers. */
    interface Answer {
        Reply to(Caller caller, InetAddress remote);
    }

    ServicePaths(Service service, Access access) {
        boolean isOpen = access.areProbesOpen();
        paths.put("/startup", read(isOpen, () -> probe(service.startupProblem())));
        paths.put("/live", read(isOpen, () -> probe(service.liveProblem())));
        paths.put("/ready", read(isOpen, () -> {
            String starting = service.startupProblem();
            return probe(starting.isEmpty() ? service.liveProblem() : starting);
        }));
        paths.put("/metrics", read(isOpen, () -> reply(PROMETHEUS, service.metrics())));
        paths.put("/streams", read(false, () -> reply(JSON, service.streamsPage())));
        paths.put(
                "/reload",
                new Path(
                        "POST",
                        false,
                        (caller, remote) -> reload(service, remote, !access.hasLogins() || caller.may(Role.ADMIN))));
    }

    Map<String, Path> all() {
        return paths;
    }

    private static Path read(boolean isOpen, Supplier<Reply> answer) {
        return new Path(
                "GET",
                isOpen,
                (caller, remote) -> isOpen || caller.may(Role.VIEWER)
                        ? answer.get()
                        : Reply.text(401, "not logged in: send a bearer token of role viewer")
                                .with("WWW-Authenticate", "Bearer realm=\"helmwatch\""));
    }

    private static Reply reply(String type, String content) {
        return new Reply(200, type, content.getBytes(StandardCharsets.UTF_8), Map.of());
    }

    private static Reply probe(String problem) {
        return problem.isEmpty() ? Reply.text(200, "ok") : Reply.text(503, Redaction.redact(problem));
    }

    private static Reply reload(Service service, InetAddress remote, boolean isAllowed) {
        if (!remote.isLoopbackAddress()) {
            return Reply.text(403, "/reload is answered on the loopback address only");
        }
        if (!isAllowed) {
            return Reply.text(403, "/reload needs role admin");
        }
        try {
            return Reply.text(200, Redaction.redact(service.reload()));
        } catch (RuntimeException refused) {
            return Reply.text(400, Redaction.redact(String.valueOf(refused.getMessage())));
        }
    }
}
