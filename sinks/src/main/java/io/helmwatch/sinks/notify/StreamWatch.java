package io.helmwatch.sinks.notify;

import io.helmwatch.config.sink.NotifyConfig;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.sinks.spool.IncidentSpool;
import io.helmwatch.sinks.sqlite.SqliteException;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamStatus;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts a message into a target's spool when a stream has been offline for a while, and another when it is back.
 *
 * <p>Threading: states by any thread; a thread of its own looks for streams that have been offline for long. Ownership: the spool belongs to
 * the caller.
 */
final class StreamWatch implements DetectionSink {
    private static final Logger LOG = LoggerFactory.getLogger(StreamWatch.class);

    /**
     * A stream that is offline.
     *
     * @param notified whether a message was sent
     */
    private record Outage(long sinceMillis, String reason, boolean notified) {}

    private final NotifyConfig config;
    private final Duration after;
    private final IncidentSpool spool;
    private final Clock clock;
    private final Map<String, Outage> outages = new HashMap<>();
    private final CountDownLatch closed = new CountDownLatch(1);

    StreamWatch(NotifyConfig config, Duration after, IncidentSpool spool, Clock clock) {
        this.config = config;
        this.after = after;
        this.spool = spool;
        this.clock = clock;
        Thread thread = new Thread(this::run, "notify-streams");
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        long everyMillis = Math.max(100, Math.min(1_000, after.toMillis() / 4));
        try {
            while (!closed.await(everyMillis, TimeUnit.MILLISECONDS)) {
                check();
            }
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String name() {
        return "notify-" + config.name();
    }

    @Override
    public void publish(FrameDetections detections) {
        // States only.
    }

    @Override
    public synchronized void publish(StreamStatus status) {
        if (!config.streams().isEmpty() && !config.streams().contains(status.stream())) {
            return;
        }
        switch (status.state()) {
            case OFFLINE, FAILED ->
                outages.putIfAbsent(status.stream(), new Outage(status.atMillis(), status.reason(), false));
            case ONLINE, DEGRADED -> {
                Outage outage = outages.remove(status.stream());
                if (outage != null && outage.notified()) {
                    enqueue(NotifyMessage.Type.STREAM_BACK, status.stream(), "", outage.sinceMillis());
                }
            }
            case ENDED -> outages.remove(status.stream());
            case STARTING -> {}
        }
    }

    @Override
    public synchronized void removeStream(String stream) {
        outages.remove(stream);
    }

    private synchronized void check() {
        long now = clock.millis();
        outages.replaceAll((stream, outage) -> {
            boolean isDue = !outage.notified() && now - outage.sinceMillis() >= after.toMillis();
            return isDue && enqueue(NotifyMessage.Type.STREAM_OFFLINE, stream, outage.reason(), outage.sinceMillis())
                    ? new Outage(outage.sinceMillis(), outage.reason(), true)
                    : outage;
        });
    }

    private boolean enqueue(NotifyMessage.Type type, String stream, String reason, long sinceMillis) {
        try {
            spool.enqueue(NotifyMessage.ofStream(type, stream, reason, sinceMillis, clock.millis()));
            return true;
        } catch (SqliteException e) {
            LOG.warn("Notification {} of stream {} not stored: {}", config.name(), stream, e.getMessage());
            return false;
        }
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
