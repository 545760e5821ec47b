package io.helmwatch.web.server;

import io.helmwatch.config.http.Role;
import io.helmwatch.web.LiveVideo;
import io.helmwatch.web.LiveVideo.Viewer;
import io.helmwatch.web.access.Access;
import io.helmwatch.web.access.Caller;
import io.helmwatch.web.api.Route;
import io.javalin.websocket.WsConfig;
import io.javalin.websocket.WsContext;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.jspecify.annotations.Nullable;

/**
 * WebSockets of viewers. One ends with the login that opened it: at once when its user logs out or is changed, within {@value #CHECK_SECONDS} s when
 * its session expires.
 *
 * <p>Threading: any thread. Ownership: owns the thread that looks for expired sessions.
 */
final class LiveSockets implements AutoCloseable {
    static final String PATH = Route.BASE + "/live";
    /** Attribute of the handshake: its {@link Login}. */
    static final String LOGIN = "helmwatch-login";

    private static final int POLICY_VIOLATION = 1008;
    private static final int LONGEST_REASON = 100;
    private static final long PING_SECONDS = 15;
    private static final long CHECK_SECONDS = 15;

    private final LiveVideo live;
    private final Access access;
    private final Map<String, Watching> watching = new ConcurrentHashMap<>();
    private final ScheduledExecutorService checks = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "http-sessions");
        thread.setDaemon(true);
        return thread;
    });
    private final ScheduledFuture<?> check;

    /**
     * The login of a handshake.
     *
     * @param caller who it was
     * @param now who the same cookie or token is now
     */
    record Login(Caller caller, Supplier<Caller> now) {
        boolean hasEnded() {
            return !now.get().equals(caller);
        }
    }

    private record Watching(Login login, Socket socket, Viewer viewer) {}

    LiveSockets(LiveVideo live, Access access) {
        this.live = live;
        this.access = access;
        access.onLogout(this::endLoggedOut);
        check = checks.scheduleWithFixedDelay(this::endLoggedOut, CHECK_SECONDS, CHECK_SECONDS, TimeUnit.SECONDS);
    }

    void configure(WsConfig socket) {
        socket.onConnect(this::connected);
        socket.onMessage(context -> {
            Watching one = watching.get(context.sessionId());
            if (one != null) {
                one.viewer.received(context.message());
            }
        });
        socket.onBinaryMessage(context -> context.closeSession(POLICY_VIOLATION, "expected text messages"));
        socket.onClose(this::closed);
        socket.onError(this::closed);
    }

    private void connected(WsContext context) {
        Login login = context.attribute(LOGIN);
        Role role = login == null ? null : login.caller().role();
        if (login == null || role == null) {
            context.closeSession(POLICY_VIOLATION, "log in");
            return;
        }
        Caller caller = login.caller();
        // Viewers only receive; without pings they would count as idle.
        context.enableAutomaticPings(PING_SECONDS, TimeUnit.SECONDS);
        Socket socket =
                new Socket(context.session, caller.name(), role, access.isJpegOnly(caller), caller.relayed() != null);
        watching.put(context.sessionId(), new Watching(login, socket, live.connect(socket)));
        // The user may have logged out since the handshake.
        endLoggedOut(context.sessionId());
    }

    private void endLoggedOut() {
        watching.keySet().forEach(this::endLoggedOut);
    }

    private void endLoggedOut(String session) {
        Watching one = watching.get(session);
        if (one != null && one.login.hasEnded() && watching.remove(session, one)) {
            one.viewer.closed();
            one.socket.close("logged out");
        }
    }

    private void closed(WsContext context) {
        Watching one = watching.remove(context.sessionId());
        if (one != null) {
            one.viewer.closed();
        }
    }

    @Override
    public void close() {
        check.cancel(false);
        checks.shutdown();
    }

    private record Socket(Session session, String user, Role role, boolean isJpegOnly, boolean isNode)
            implements LiveVideo.Connection {

        @Override
        public void send(String message, Consumer<@Nullable Throwable> done) {
            session.sendText(message, callback(done));
        }

        @Override
        public void send(ByteBuffer message, Consumer<@Nullable Throwable> done) {
            session.sendBinary(message, callback(done));
        }

        private static Callback callback(Consumer<@Nullable Throwable> done) {
            return Callback.from(() -> done.accept(null), done::accept);
        }

        @Override
        public void close(String reason) {
            String shown = reason.length() > LONGEST_REASON ? reason.substring(0, LONGEST_REASON) : reason;
            session.close(POLICY_VIOLATION, shown, Callback.NOOP);
        }
    }
}
