package io.helmwatch.web.server;

import io.helmwatch.config.http.AccessConfig;
import io.helmwatch.config.http.HttpConfig;
import io.helmwatch.resource.Closer;
import io.helmwatch.web.Desk;
import io.helmwatch.web.access.Access;
import io.helmwatch.web.access.AuditLog;
import io.helmwatch.web.access.SameSite;
import io.helmwatch.web.api.Api;
import io.helmwatch.web.api.Reply;
import io.helmwatch.web.api.Route;
import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpResponseException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.time.Duration;
import java.util.List;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP server: page, API, live video, probes and metrics.
 *
 * <p>What clients do never occupies it: no client holds a thread while it sends or receives, requests have to arrive within a time limit, and the
 * number of connections is capped.
 *
 * <p>Threading: at most {@value #MOST_THREADS} threads of its own, whatever the number of clients; any thread may close it.
 */
public final class DeskServer implements AutoCloseable {
    private static final int MOST_THREADS = 12;
    private static final int LEAST_THREADS = 4;
    private static final int MOST_HEADER_BYTES = 16 * 1024;
    private static final int BAD_REQUEST = 400;
    private static final int TOO_MANY_VIEWERS = 503;
    private static final int LONGEST_MESSAGE = 64 * 1024;
    private static final List<String> METHODS = List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

    private final Access access;
    private final InetSocketAddress address;
    private final Closer owned;

    private DeskServer(Access access, InetSocketAddress address, Closer owned) {
        this.access = access;
        this.address = address;
        this.owned = owned;
    }

    /**
     * Binds and serves.
     *
     * @throws IllegalStateException when the address cannot be bound or the certificate not used, as a sentence
     */
    public static DeskServer start(HttpConfig config, Desk desk) {
        return start(config, desk, Limits.ofProcess());
    }

    /**
     * Serves on an address that is bound already.
     *
     * @param listener closed with the server, and when it does not start
     * @throws IllegalStateException when the certificate cannot be used, as a sentence
     */
    public static DeskServer start(HttpConfig config, Desk desk, HttpListener listener) {
        return start(config, desk, Limits.ofProcess(), listener);
    }

    static DeskServer start(HttpConfig config, Desk desk, Limits limits) {
        return start(config, desk, limits, HttpListener.bind(config));
    }

    private static DeskServer start(HttpConfig config, Desk desk, Limits limits, HttpListener listener) {
        try (Closer opened = new Closer()) {
            opened.register(listener);
            Access access =
                    new Access(config.access(), listener.address().getAddress().isLoopbackAddress());
            AuditLog audit = opened.register(new AuditLog(config.access().auditFile(), desk.audit()));
            Api api = new Api(config, desk, access, audit);
            SameSite sameSite = new SameSite(config.host(), config.names());
            ServicePaths paths = new ServicePaths(desk.service(), access);
            Requests requests = new Requests(api, access, sameSite, paths, new PageFiles(), desk.relay());
            Connections connections = opened.register(new Connections(limits));
            LiveSockets sockets = desk.live() == null ? null : opened.register(new LiveSockets(desk.live(), access));
            Javalin javalin = Javalin.create(javalinConfig -> {
                quiet(javalinConfig);
                jetty(javalinConfig, limits, connections);
                javalinConfig.jetty.addConnector((server, http) -> {
                    ServerConnector connector = connector(server, http, config, connections);
                    open(connector, listener);
                    return connector;
                });
                routes(javalinConfig.routes, api, paths, requests);
                live(javalinConfig, sockets, connections, requests);
            });
            opened.register(javalin::stop);
            javalin.start();
            return new DeskServer(access, listener.address(), opened.transfer());
        } catch (RuntimeException refused) {
            throw notStarted(config, refused);
        }
    }

    private static RuntimeException notStarted(HttpConfig config, RuntimeException refused) {
        Throwable cause = refused;
        while (cause != null && !(cause instanceof SocketException)) {
            cause = cause.getCause();
        }
        return cause == null
                ? refused
                : new IllegalStateException(
                        "http cannot listen on " + config.host() + ":" + config.port() + ": " + cause.getMessage(),
                        refused);
    }

    private static void open(ServerConnector connector, HttpListener listener) {
        try {
            connector.open(listener.channel());
        } catch (IOException closed) {
            throw new IllegalStateException("http cannot use its socket: " + closed.getMessage(), closed);
        }
    }

    /** Nothing that Javalin does beside serving. */
    private static void quiet(JavalinConfig config) {
        config.startup.showJavalinBanner = false;
        config.startup.showOldJavalinVersionWarning = false;
        config.startup.startupWatcherEnabled = false;
        config.http.compressionStrategy = CompressionStrategy.NONE;
        config.http.maxRequestSize = Limits.BODY_BYTES;
    }

    private static void jetty(JavalinConfig config, Limits limits, Connections connections) {
        QueuedThreadPool threads = new QueuedThreadPool(MOST_THREADS, LEAST_THREADS);
        threads.setName("http");
        threads.setDaemon(true);
        config.jetty.threadPool = threads;
        config.jetty.modifyServer(server -> {
            server.setHandler(RequestHandlers.chain(connections, limits));
            server.setErrorHandler(new PlainErrors());
            server.setStopTimeout(0);
        });
        config.jetty.modifyServletContextHandler(context -> {
            context.setErrorHandler(new PlainErrors());
            context.setSessionHandler(new NoSessions());
        });
        config.jetty.modifyHttpConfiguration(http -> {
            http.setUriCompliance(UriCompliance.DEFAULT);
            http.setSendServerVersion(false);
            http.setSendXPoweredBy(false);
            http.setRequestHeaderSize(MOST_HEADER_BYTES);
            http.setIdleTimeout(limits.idleTime().toMillis());
        });
        config.jetty.modifyWebSocketServletFactory(sockets -> {
            sockets.setMaxTextMessageSize(LONGEST_MESSAGE);
            sockets.setMaxBinaryMessageSize(LONGEST_MESSAGE);
            sockets.setIdleTimeout(Duration.ofMinutes(1));
        });
    }

    private static ServerConnector connector(
            Server server, HttpConfiguration http, HttpConfig config, Connections connections) {
        HttpConnectionFactory plain = new HttpConnectionFactory(http);
        if (config.tls() == null) {
            return new ListeningConnector(server, connections, plain);
        }
        // Whether the host is ours is checked for every request, with or without TLS.
        http.addCustomizer(new SecureRequestCustomizer(false));
        return new ListeningConnector(
                server, connections, new SslConnectionFactory(Tls.of(config.tls()), plain.getProtocol()), plain);
    }

    private static void routes(RoutesConfig routes, Api api, ServicePaths paths, Requests requests) {
        for (Route route : api.routes()) {
            add(routes, route.method(), route.path(), context -> requests.route(route, context));
        }
        paths.all()
                .forEach((path, answer) ->
                        add(routes, answer.method(), path, context -> requests.servicePath(answer, context)));
        for (String method : METHODS) {
            routes.addHttpHandler(HandlerType.findOrCreate(method), "/*", requests::anythingElse);
        }
        routes.exception(
                HttpResponseException.class,
                (refused, context) -> Requests.send(
                        context,
                        Requests.failure(context.path(), refused.getStatus(), String.valueOf(refused.getMessage()))));
        // What a client did wrong, or that it is gone, is nothing to log.
        routes.exception(
                IOException.class,
                (gone, context) -> Requests.send(
                        context, Requests.failure(context.path(), BAD_REQUEST, "the request did not arrive")));
        routes.exception(
                HttpException.RuntimeException.class,
                (damaged, context) -> Requests.send(
                        context, Requests.failure(context.path(), BAD_REQUEST, "not a valid HTTP request")));
        routes.exception(Exception.class, (failure, context) -> {
            Reply problem = Api.failed(context.path(), failure);
            Requests.send(context, problem);
        });
    }

    private static void add(RoutesConfig routes, String method, String path, Handler handler) {
        routes.addHttpHandler(HandlerType.findOrCreate(method), path, handler);
        if (method.equals("GET")) {
            routes.addHttpHandler(HandlerType.HEAD, path, handler);
        }
    }

    private static void live(
            JavalinConfig config, @Nullable LiveSockets sockets, Connections connections, Requests requests) {
        if (sockets == null) {
            return;
        }
        config.routes.wsBeforeUpgrade(LiveSockets.PATH, context -> {
            if (requests.mayView(context) && !connections.upgrade(endPoint(context))) {
                Requests.refuseViewer(context, TOO_MANY_VIEWERS);
            }
        });
        config.routes.ws(LiveSockets.PATH, sockets::configure);
    }

    private static EndPoint endPoint(Context context) {
        return ServletContextRequest.getServletContextRequest(context.req())
                .getConnectionMetaData()
                .getConnection()
                .getEndPoint();
    }

    /** The bound address. */
    public InetSocketAddress address() {
        return address;
    }

    /**
     * Replaces users and tokens. Logins of those that are gone or changed end at once, with their live video; what else differs is not looked at.
     *
     * @return whether anything changed
     */
    public boolean updateLogins(AccessConfig other) {
        return access.update(other.users(), other.tokens());
    }

    @Override
    public void close() {
        owned.close();
    }
}
