package io.helmwatch.web.server;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.EndPoint;
import org.jspecify.annotations.Nullable;

/**
 * The open connections: caps their number, so that the descriptors of the process remain for streams, and closes those that exceed a time
 * limit. Beyond the cap the connection that has been sending its request for the longest time is closed in favour of the new one; a client
 * that sends its request at once is answered however many others wait.
 *
 * <p>Threading: any thread; one of its own checks the time limits.
 */
final class Connections implements AutoCloseable {
    private static final long TICK_MILLIS = 250;

    private final Limits limits;
    private final Map<EndPoint, Connection> byEndPoint = new ConcurrentHashMap<>();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "http-connections");
        thread.setDaemon(true);
        return thread;
    });

    private final ScheduledFuture<?> checks;

    private enum Phase {
        /** Its first request has not arrived. */
        FIRST_REQUEST,
        /** Its next request has not arrived. */
        NEXT_REQUEST,
        /** A request is being served. */
        HANDLER,
        /** A response is being sent. */
        RESPONSE,
        /** It is a WebSocket. */
        VIEWER
    }

    /** State of a connection: its phase and when that began, replaced together. */
    private static final class Connection {
        private volatile State state = new State(Phase.FIRST_REQUEST, System.nanoTime());
    }

    private record State(Phase phase, long sinceNanos) {}

    Connections(Limits limits) {
        this.limits = limits;
        checks = clock.scheduleWithFixedDelay(this::closeExpired, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    void opened(EndPoint endPoint) {
        if (byEndPoint.size() >= limits.connections() && !closeOldest()) {
            endPoint.close();
            return;
        }
        byEndPoint.put(endPoint, new Connection());
    }

    void closed(EndPoint endPoint) {
        byEndPoint.remove(endPoint);
    }

    /** A request arrived with its body. */
    void handling(EndPoint endPoint) {
        enter(endPoint, Phase.HANDLER);
    }

    /** Its response is being sent. */
    void responding(EndPoint endPoint) {
        enter(endPoint, Phase.RESPONSE);
    }

    /**
     * Its response has been sent.
     *
     * @param isUpgraded whether it has become a WebSocket
     */
    void completed(EndPoint endPoint, boolean isUpgraded) {
        enter(endPoint, isUpgraded ? Phase.VIEWER : Phase.NEXT_REQUEST);
    }

    /** It is about to become a WebSocket; false when there are too many. */
    boolean upgrade(EndPoint endPoint) {
        long viewers = byEndPoint.values().stream()
                .filter(connection -> connection.state.phase == Phase.VIEWER)
                .count();
        if (viewers >= limits.viewers()) {
            return false;
        }
        enter(endPoint, Phase.VIEWER);
        return true;
    }

    private void enter(EndPoint endPoint, Phase phase) {
        Connection connection = byEndPoint.get(connectionOf(endPoint));
        if (connection != null) {
            connection.state = new State(phase, System.nanoTime());
        }
    }

    /** The socket below TLS. */
    private static EndPoint connectionOf(EndPoint endPoint) {
        EndPoint innermost = endPoint;
        while (innermost instanceof EndPoint.Wrapper wrapper) {
            innermost = wrapper.unwrap();
        }
        return innermost;
    }

    /** Closes the connection that has been sending its request, else receiving its response, for the longest time. */
    private boolean closeOldest() {
        EndPoint oldest = oldest(Phase.FIRST_REQUEST, Phase.NEXT_REQUEST);
        if (oldest == null) {
            oldest = oldest(Phase.RESPONSE, Phase.RESPONSE);
        }
        if (oldest == null) {
            return false;
        }
        close(oldest);
        return true;
    }

    private @Nullable EndPoint oldest(Phase one, Phase other) {
        EndPoint oldest = null;
        long since = 0;
        for (Map.Entry<EndPoint, Connection> entry : byEndPoint.entrySet()) {
            State state = entry.getValue().state;
            boolean isCandidate = state.phase == one || state.phase == other;
            if (isCandidate && (oldest == null || state.sinceNanos - since < 0)) {
                oldest = entry.getKey();
                since = state.sinceNanos;
            }
        }
        return oldest;
    }

    private void closeExpired() {
        long now = System.nanoTime();
        byEndPoint.forEach((endPoint, connection) -> {
            State state = connection.state;
            if (now - state.sinceNanos > limitNanos(state.phase)) {
                close(endPoint);
            }
        });
    }

    private long limitNanos(Phase phase) {
        return switch (phase) {
            case FIRST_REQUEST -> limits.requestTime().toNanos();
            case NEXT_REQUEST -> limits.idleTime().toNanos();
            case RESPONSE -> limits.responseTime().toNanos();
            case HANDLER, VIEWER -> Long.MAX_VALUE;
        };
    }

    private void close(EndPoint endPoint) {
        byEndPoint.remove(endPoint);
        endPoint.close();
    }

    @Override
    public void close() {
        checks.cancel(false);
        clock.shutdownNow();
    }
}
