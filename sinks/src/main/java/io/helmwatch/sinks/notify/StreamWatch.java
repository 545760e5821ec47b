package io.helmwatch.sinks.notify;

import io.helmwatch.config.sink.NotifyConfig;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.sinks.spool.IncidentSpool;
import io.helmwatch.sinks.sqlite.SqliteException;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamOutage;
import io.helmwatch.vision.StreamStatus;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts a message into a target's spool when a stream has been offline for a while, and another when it is back: also where the stream was stopped
 * meanwhile, to have other settings, by a restart of the process, or because it moved to another node.
 *
 * <p>Threading: states by any thread; a thread of its own looks for streams that have been offline for long. Ownership: the spool belongs to
 * the caller.
 */
final class StreamWatch implements DetectionSink {
    private static final Logger LOG = LoggerFactory.getLogger(StreamWatch.class);

    /**
     * A stream that is offline, or that is back while no message of it could be stored yet.
     *
     * @param dueNanos when the message that it is offline is due, by {@link System#nanoTime}, since clocks are set
     * @param notified whether that message was stored
     * @param isOver whether it is back
     */
    private record Outage(long sinceMillis, String reason, long dueNanos, boolean notified, boolean isOver) {
        Outage stored() {
            return new Outage(sinceMillis, reason, dueNanos, true, isOver);
        }

        Outage ended() {
            return new Outage(sinceMillis, reason, dueNanos, notified, true);
        }

        Outage continued() {
            return new Outage(sinceMillis, reason, dueNanos, notified, false);
        }
    }

    private final NotifyConfig config;
    private final Duration after;
    private final IncidentSpool spool;
    private final Clock clock;
    private final OutageFile file;
    private final Map<String, Outage> outages = new HashMap<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    /** False while the spool cannot be written: the first of several failures is logged. */
    private boolean isStoring = true;

    /** A watch of a target, which knows of what the process before notified it. */
    StreamWatch(NotifyConfig config, Duration after, IncidentSpool spool, OutageFile file, Clock clock) {
        this.config = config;
        this.after = after;
        this.spool = spool;
        this.clock = clock;
        this.file = file;
        file.read()
                .forEach((stream, reported) ->
                        outages.put(stream, outage(reported.sinceMillis(), reported.reason(), true)));
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
        if (!isWatched(status.stream())) {
            return;
        }
        switch (status.state()) {
            case OFFLINE, FAILED ->
                outages.merge(
                        status.stream(),
                        outage(status.atMillis(), status.reason(), false),
                        (known, fresh) -> known.continued());
            case ONLINE, DEGRADED ->
                outages.computeIfPresent(
                        status.stream(), (stream, outage) -> outage.notified() ? end(stream, outage) : null);
            // Stopped. A target that was notified of the outage waits for its end.
            case ENDED -> outages.computeIfPresent(status.stream(), (stream, known) -> known.notified() ? known : null);
            case STARTING -> {}
        }
        store();
    }

    private Outage outage(long sinceMillis, String reason, boolean notified) {
        long afterMillis = after.toMillis();
        long passedMillis = Math.max(0, Math.min(afterMillis, clock.millis() - sinceMillis));
        long dueNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(afterMillis - passedMillis);
        return new Outage(sinceMillis, reason, dueNanos, notified, false);
    }

    private boolean isWatched(String stream) {
        return config.streams().isEmpty() || config.streams().contains(stream);
    }

    /** The node that had the stream told the target where it was due while that node was heard of. */
    @Override
    public synchronized void takeOverStream(String stream, @Nullable StreamOutage outage) {
        if (outage == null || !isWatched(stream)) {
            forget(stream);
            return;
        }
        boolean isTold = outage.knownMillis() - outage.sinceMillis() >= after.toMillis();
        outages.put(stream, outage(outage.sinceMillis(), outage.reason(), isTold));
        store();
    }

    @Override
    public void removeStream(String stream) {
        forget(stream);
    }

    @Override
    public void releaseStream(String stream) {
        forget(stream);
    }

    @Override
    public void abandonStream(String stream) {
        forget(stream);
    }

    private synchronized void forget(String stream) {
        outages.remove(stream);
        store();
    }

    private void store() {
        Map<String, OutageFile.ReportedOutage> reported = new HashMap<>();
        outages.forEach((stream, outage) -> {
            if (outage.notified()) {
                reported.put(stream, new OutageFile.ReportedOutage(outage.sinceMillis(), outage.reason()));
            }
        });
        file.write(reported);
    }

    private synchronized void check() {
        long now = System.nanoTime();
        for (String stream : List.copyOf(outages.keySet())) {
            outages.computeIfPresent(stream, (id, outage) -> next(id, outage, now));
        }
        store();
    }

    private @Nullable Outage next(String stream, Outage outage, long nowNanos) {
        if (outage.isOver()) {
            return end(stream, outage);
        }
        boolean isDue = !outage.notified() && nowNanos - outage.dueNanos() >= 0;
        return isDue && enqueue(NotifyMessage.Type.STREAM_OFFLINE, stream, outage.reason(), outage.sinceMillis())
                ? outage.stored()
                : outage;
    }

    /** Stores that the stream is back, and returns null; where that fails, what is left to do. */
    private @Nullable Outage end(String stream, Outage outage) {
        return enqueue(NotifyMessage.Type.STREAM_BACK, stream, "", outage.sinceMillis()) ? null : outage.ended();
    }

    private boolean enqueue(NotifyMessage.Type type, String stream, String reason, long sinceMillis) {
        try {
            spool.enqueue(NotifyMessage.ofStream(type, stream, reason, sinceMillis, clock.millis()));
            isStoring = true;
            return true;
        } catch (SqliteException e) {
            if (isStoring) {
                LOG.warn(
                        "Notification {} of stream {} not stored: {}; retrying until it is",
                        config.name(),
                        stream,
                        e.getMessage());
            }
            isStoring = false;
            return false;
        }
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
