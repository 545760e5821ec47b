package io.helmwatch.web.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.helmwatch.config.http.HttpConfig;
import io.helmwatch.config.http.Role;
import io.helmwatch.config.secret.Redaction;
import io.helmwatch.config.yaml.ConfigException;
import io.helmwatch.web.AuditEntry;
import io.helmwatch.web.Desk;
import io.helmwatch.web.RefusedException;
import io.helmwatch.web.RefusedException.FieldError;
import io.helmwatch.web.RefusedException.Kind;
import io.helmwatch.web.Relay;
import io.helmwatch.web.access.Access;
import io.helmwatch.web.access.AuditLog;
import io.helmwatch.web.access.Caller;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The API: its routes, the check of roles, the audit log and how failures are answered.
 *
 * <p>Threading: any thread.
 */
public final class Api {
    /** Name of the cookie of a session. */
    public static final String SESSION_COOKIE = "helmwatch-session";

    private static final Logger LOG = LoggerFactory.getLogger(Api.class);
    private static final int INTERNAL_ERROR = 500;
    private static final int FIRST_FAILURE = 400;

    private final List<Route> routes;
    private final AuditLog audit;
    private final Access access;
    private final @Nullable Relay relay;
    private final byte[] document;

    /** The API of a desk. */
    public Api(HttpConfig config, Desk desk, Access access, AuditLog audit) {
        this.audit = audit;
        this.access = access;
        this.relay = desk.relay();
        List<Route> all = new ArrayList<>();
        String version = desk.service().version();
        SessionRoutes.Place place = new SessionRoutes.Place(
                config.site(), desk.nodes() == null ? null : desk.nodes().cluster(), version);
        all.addAll(new SessionRoutes(access, audit, place, config.tls() != null).routes());
        all.add(Route.get("/openapi.json", "getOpenApi", "This document", JsonNode.class, call -> document())
                .forRole(null));
        all.addAll(new StreamRoutes(desk.streams()).routes());
        all.addAll(new IncidentRoutes(desk.incidents()).routes());
        all.addAll(new ReportRoutes(desk.reports()).routes());
        all.addAll(new ClipRoutes(desk.incidents(), access).routes());
        all.addAll(new NotificationRoutes(desk.notifications()).routes());
        all.addAll(new SystemRoutes(desk, audit).routes());
        all.addAll(new NodeRoutes(desk.nodes()).routes());
        routes = List.copyOf(all);
        document = OpenApi.of(routes, version);
    }

    /** All routes. */
    public List<Route> routes() {
        return routes;
    }

    private Reply document() {
        return new Reply(200, Reply.JSON, document, Map.of());
    }

    /** Serves a request of a route. Never throws. */
    public Reply serve(Route route, Call call) {
        Reply reply = answer(route, call);
        if (route.audited()) {
            audit.record(new AuditEntry(
                    Instant.now(),
                    call.caller().name(),
                    call.caller().roleName(),
                    route.id(),
                    call.path().getOrDefault("id", ""),
                    reply.status() < FIRST_FAILURE ? "ok" : "refused: " + reply.status(),
                    call.remote().getHostAddress()));
        }
        return reply;
    }

    private Reply answer(Route route, Call call) {
        Role role = route.role();
        if (role != null && !call.caller().may(role)) {
            return notAllowed(call.caller(), role);
        }
        if (call.caller().relayed() != null && route.subject() == null) {
            return Reply.problem(403, "Not allowed", "this is not what nodes ask each other for", List.of());
        }
        try {
            return answerHereOrElsewhere(route, call);
        } catch (RefusedException refused) {
            Reply problem = Reply.problem(
                    refused.kind().status(),
                    refused.kind().title(),
                    String.valueOf(refused.getMessage()),
                    refused.errors());
            return refused.kind() == Kind.BUSY ? problem.with("Retry-After", "5") : problem;
        } catch (ConfigException refused) {
            List<FieldError> errors = refused.problems().stream()
                    .map(problem -> new FieldError(problem.where(), problem.rule()))
                    .toList();
            return Reply.problem(
                    Kind.REFUSED.status(), Kind.REFUSED.title(), "the settings have " + count(errors), errors);
        } catch (IllegalArgumentException refused) {
            return Reply.problem(
                    Kind.REFUSED.status(), Kind.REFUSED.title(), String.valueOf(refused.getMessage()), List.of());
        } catch (RuntimeException failure) {
            return failed(route.id(), failure);
        }
    }

    /** Files of an incident whose node is away may be here, too, or in the object storage. */
    private Reply answerHereOrElsewhere(Route route, Call call) {
        Reply elsewhere;
        try {
            elsewhere = passOn(route, call);
        } catch (RefusedException away) {
            if (route.subject() != Relay.Subject.INCIDENT || away.kind() != Kind.UNAVAILABLE) {
                throw away;
            }
            return answerFromCopy(route, call, away);
        }
        return elsewhere == null ? route.handler().apply(call) : elsewhere;
    }

    private static Reply answerFromCopy(Route route, Call call, RefusedException away) {
        try {
            return route.handler().apply(call);
        } catch (RefusedException none) {
            throw switch (none.kind()) {
                case NOT_FOUND -> away;
                case UNAVAILABLE ->
                    RefusedException.unavailable(away.getMessage() + "; its copy: " + none.getMessage());
                case INVALID, CONFLICT, REFUSED, BUSY -> none;
            };
        }
    }

    /** The answer of the node that has what the request names; null where that is this one. What a node passed on goes no further. */
    private @Nullable Reply passOn(Route route, Call call) {
        Relay.Subject subject = route.subject();
        Role role = call.caller().role();
        if (relay == null || subject == null || role == null || call.caller().relayed() != null) {
            return null;
        }
        Relay.Sender sender = new Relay.Sender(call.caller().name(), role, access.isJpegOnly(call.caller()));
        Relay.Answer answer = relay.pass(new Relay.Request(
                subject,
                subject == Relay.Subject.INCIDENT ? call.incidentId() : call.id(),
                route.method(),
                call.uri(),
                call.body(),
                call.range(),
                sender));
        return answer == null ? null : new Reply(answer.status(), answer.type(), answer.body(), answer.headers());
    }

    private static String count(List<FieldError> errors) {
        return errors.size() == 1 ? "a problem" : errors.size() + " problems";
    }

    /** Answers a failure that nobody expected; what it is goes to the log. */
    public static Reply failed(String what, Throwable failure) {
        LOG.warn("HTTP request failed: operation={}", Redaction.redact(what), failure);
        return Reply.problem(INTERNAL_ERROR, "Internal error", "internal error, see the log of the service", List.of());
    }

    /** Answers a request that its caller may not make. */
    public static Reply notAllowed(Caller caller, Role needed) {
        String name = needed.name().toLowerCase(Locale.ROOT);
        return caller.role() == null
                ? Reply.problem(401, "Not logged in", "log in as a user of role " + name, List.of())
                        .with("WWW-Authenticate", "Bearer realm=\"helmwatch\"")
                : Reply.problem(
                        403, "Not allowed", "needs role " + name + ", but yours is " + caller.roleName(), List.of());
    }
}
