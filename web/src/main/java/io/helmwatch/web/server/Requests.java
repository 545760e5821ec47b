package io.helmwatch.web.server;

import io.helmwatch.config.http.Role;
import io.helmwatch.config.secret.Redaction;
import io.helmwatch.web.Relay;
import io.helmwatch.web.access.Access;
import io.helmwatch.web.access.Caller;
import io.helmwatch.web.access.SameSite;
import io.helmwatch.web.api.Api;
import io.helmwatch.web.api.Call;
import io.helmwatch.web.api.Reply;
import io.helmwatch.web.api.Route;
import io.javalin.http.Context;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * From Javalin's requests to the API's calls and back: the check against other sites, who the caller is, what is not there.
 *
 * <p>Threading: any thread.
 */
final class Requests {
    private static final int BAD_REQUEST = 400;
    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;
    private static final int NOT_FOUND = 404;
    private static final int NOT_ALLOWED = 405;
    private static final int UNSUPPORTED = 415;
    private static final String HEAD = "HEAD";

    private final Api api;
    private final Access access;
    private final SameSite sameSite;
    private final Map<String, ServicePaths.Path> servicePaths;
    private final PageFiles page;
    private final @Nullable Relay relay;
    private final List<Known> known = new ArrayList<>();

    /** A path and a method that is served. */
    private record Known(Pattern path, String method) {}

    Requests(
            Api api,
            Access access,
            SameSite sameSite,
            ServicePaths servicePaths,
            PageFiles page,
            @Nullable Relay relay) {
        this.relay = relay;
        this.api = api;
        this.access = access;
        this.sameSite = sameSite;
        this.servicePaths = servicePaths.all();
        this.page = page;
        for (Route route : api.routes()) {
            String literal = Pattern.quote(route.path()).replaceAll("\\{\\w+}", "\\\\E[^/]+\\\\Q");
            known.add(new Known(Pattern.compile(literal), route.method()));
        }
        this.servicePaths.forEach(
                (path, answer) -> known.add(new Known(Pattern.compile(Pattern.quote(path)), answer.method())));
    }

    /** Serves a route of the API. */
    void route(Route route, Context context) {
        send(context, reply(route, context));
    }

    private Reply reply(Route route, Context context) {
        Caller caller = node(context);
        if (caller == null) {
            String otherSite = otherSite(context);
            if (!otherSite.isEmpty()) {
                return Reply.problem(FORBIDDEN, "Not allowed", otherSite, List.of());
            }
            caller = caller(context);
        }
        String type = Optional.ofNullable(context.contentType()).orElse("");
        if (route.body() != null && !type.toLowerCase(Locale.ROOT).startsWith("application/json")) {
            return Reply.problem(
                    UNSUPPORTED, "Unsupported content", "expected a body of content type application/json", List.of());
        }
        Call call;
        try {
            Map<String, String> query = new TreeMap<>();
            context.queryParamMap().forEach((name, values) -> query.put(name, decoded(values)));
            call = new Call(
                    caller,
                    remote(context),
                    context.pathParamMap(),
                    query,
                    uri(context),
                    route.body() == null ? new byte[0] : context.bodyAsBytes(),
                    context.cookie(Api.SESSION_COOKIE),
                    context.header("Range"));
        } catch (IllegalArgumentException damaged) {
            return Reply.problem(BAD_REQUEST, "Invalid request", "the address is not encoded as expected", List.of());
        }
        return api.serve(route, call);
    }

    /** The first value; Javalin drops those that are not percent-encoded as they should be. */
    private static String decoded(List<String> values) {
        if (values.isEmpty()) {
            throw new IllegalArgumentException("value is not encoded");
        }
        return values.get(0);
    }

    /** Serves a path outside the API. */
    void servicePath(ServicePaths.Path path, Context context) {
        String otherSite = path.isOpen() ? "" : otherSite(context);
        send(
                context,
                otherSite.isEmpty()
                        ? path.answer().to(caller(context), remote(context))
                        : Reply.text(FORBIDDEN, otherSite));
    }

    /** Serves a file of the page, or says that there is nothing. */
    void anythingElse(Context context) {
        String path = context.path();
        boolean isReading = isReading(context);
        String allowed = allowed(path);
        if (!allowed.isEmpty()) {
            send(
                    context,
                    failure(path, NOT_ALLOWED, "method not allowed: expected " + allowed)
                            .with("Allow", allowed));
        } else if (!isReading) {
            send(context, failure(path, NOT_FOUND, "not found"));
        } else {
            String otherSite = otherSite(context);
            send(
                    context,
                    otherSite.isEmpty()
                            ? page.find(path, context.header("If-None-Match"), context.header("Accept-Encoding"))
                                    .orElseGet(() -> failure(path, NOT_FOUND, notFound()))
                            : Reply.text(FORBIDDEN, otherSite));
        }
    }

    private String notFound() {
        return "not found: expected /, " + String.join(", ", servicePaths.keySet()) + " or " + Route.BASE;
    }

    /** Lets only callers that may read become viewers. */
    boolean mayView(Context context) {
        Caller node = node(context);
        Caller caller = node == null ? caller(context) : node;
        String authorization = context.header("Authorization");
        String session = context.cookie(Api.SESSION_COOKIE);
        // A pass is for the handshake; whose rights have ended is known to the node that sent it.
        context.attribute(
                LiveSockets.LOGIN,
                new LiveSockets.Login(
                        caller, node == null ? () -> access.caller(authorization, session) : always(node)));
        if (node == null && !otherSite(context).isEmpty()) {
            refuseViewer(context, FORBIDDEN);
            return false;
        }
        if (!caller.may(Role.VIEWER)) {
            refuseViewer(context, UNAUTHORIZED);
            return false;
        }
        return true;
    }

    /** Ends a handshake with a status; Javalin sends no content then. */
    static void refuseViewer(Context context, int status) {
        context.status(status);
        context.skipRemainingHandlers();
    }

    private String otherSite(Context context) {
        return sameSite.problem(context.header("Host"), context.header("Origin"), context.header("Sec-Fetch-Site"));
    }

    private static boolean isReading(Context context) {
        String method = context.req().getMethod();
        return method.equals("GET") || method.equals(HEAD);
    }

    /** Methods that a path is served for; empty where it is not. */
    private String allowed(String path) {
        TreeSet<String> methods = known.stream()
                .filter(one -> one.path.matcher(path).matches())
                .map(Known::method)
                .collect(Collectors.toCollection(TreeSet::new));
        if (methods.contains("GET")) {
            methods.add(HEAD);
        }
        return String.join(", ", methods);
    }

    private Caller caller(Context context) {
        return access.caller(context.header("Authorization"), context.cookie(Api.SESSION_COOKIE));
    }

    private static Supplier<Caller> always(Caller caller) {
        return () -> caller;
    }

    /** The user of another node that passes a request on; null where no node does. */
    private @Nullable Caller node(Context context) {
        String authorization = context.header("Authorization");
        if (relay == null || authorization == null || !authorization.startsWith(Relay.SCHEME)) {
            return null;
        }
        Relay.Sender sender = relay.verify(authorization, context.req().getMethod(), uri(context));
        return sender == null
                ? Caller.UNKNOWN
                : new Caller(sender.user(), sender.role(), new Caller.Relayed(sender.isJpegOnly()));
    }

    private static String uri(Context context) {
        String query = context.req().getQueryString();
        return context.req().getRequestURI() + (query == null ? "" : "?" + query);
    }

    private static InetAddress remote(Context context) {
        try {
            return InetAddress.getByName(context.req().getRemoteAddr());
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException("address of a client is none", impossible);
        }
    }

    private static boolean isApi(String path) {
        return path.startsWith("/api/");
    }

    /** A failure in the form that its path speaks. */
    static Reply failure(String path, int status, String sentence) {
        String shown = Redaction.redact(sentence);
        return isApi(path) ? Reply.problem(status, title(status), shown, List.of()) : Reply.text(status, shown);
    }

    private static String title(int status) {
        return switch (status) {
            case NOT_FOUND -> "Not found";
            case NOT_ALLOWED -> "Method not allowed";
            default -> "Invalid request";
        };
    }

    static void send(Context context, Reply reply) {
        context.status(reply.status());
        if (!reply.type().isEmpty()) {
            context.contentType(reply.type());
        }
        reply.headers().forEach(context::header);
        context.result(reply.body());
    }
}
