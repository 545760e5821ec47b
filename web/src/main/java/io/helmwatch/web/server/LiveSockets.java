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
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.jspecify.annotations.Nullable;

/** WebSockets of viewers. Threading: any thread. */
final class LiveSockets {
    static final String PATH = Route.BASE + "/live";
    /** Attribute of the handshake that names the caller. */
    static final String CALLER = "helmwatch-caller";

    private static final int POLICY_VIOLATION = 1008;
    private static final int LONGEST_REASON = 100;
    private static final long PING_SECONDS = 15;

    private final LiveVideo live;
    private final Access access;
    private final Map<String, Viewer> viewers = new ConcurrentHashMap<>();

    LiveSockets(LiveVideo live, Access access) {
        this.live = live;
        this.access = access;
    }

    void configure(WsConfig socket) {
        socket.onConnect(this::connected);
        socket.onMessage(context -> {
            Viewer viewer = viewers.get(context.sessionId());
            if (viewer != null) {
                viewer.received(context.message());
            }
        });
        socket.onBinaryMessage(context -> context.closeSession(POLICY_VIOLATION, "expected text messages"));
        socket.onClose(this::closed);
        socket.onError(this::closed);
    }

    private void connected(WsContext context) {
        Caller caller = context.attribute(CALLER);
        if (caller == null || caller.role() == null) {
            context.closeSession(POLICY_VIOLATION, "log in");
            return;
        }
        // Viewers only receive; without pings they would count as idle.
        context.enableAutomaticPings(PING_SECONDS, TimeUnit.SECONDS);
        Socket connection = new Socket(context.session, caller.name(), caller.role(), access.isJpegOnly(caller));
        viewers.put(context.sessionId(), live.connect(connection));
    }

    private void closed(WsContext context) {
        Viewer viewer = viewers.remove(context.sessionId());
        if (viewer != null) {
            viewer.closed();
        }
    }

    private record Socket(Session session, String user, Role role, boolean isJpegOnly) implements LiveVideo.Connection {

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
