package io.helmwatch.pipeline.live;

import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.pipeline.live.WatchRequest.Wish;
import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.postprocess.tracking.HeadTracker;
import io.helmwatch.sinks.IncidentSink;
import io.helmwatch.sinks.opencv.LiveJpeg;
import io.helmwatch.vision.Incident;
import io.helmwatch.web.LiveVideo;
import io.helmwatch.web.Relay;
import io.helmwatch.web.Streams;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Live video for all viewers. A stream is worked on once however many watch it, and not at all while nobody does; cameras are not opened for
 * viewers. States of streams are sent about once a second where they changed. A viewer whose connection takes nothing for ten seconds is
 * closed.
 *
 * <p>Threading: viewers by any thread. The pipeline reaches it through {@link #frames} and {@link #incidents}, which never wait.
 * Ownership: {@link #close} ends all threads and connections.
 */
public final class LiveStreams implements LiveVideo, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LiveStreams.class);
    private static final long STUCK_NANOS = 10_000_000_000L;
    private static final long STATE_MILLIS = 1_000;
    private static final long CLOSE_MILLIS = 5_000;

    private final LiveSources sources;
    private final WatchedStreams watched;
    private final Supplier<List<Streams.Stream>> states;
    private final ScheduledExecutorService timer;
    private final ScheduledFuture<?> ticks;
    private final Set<LiveViewer> viewers = ConcurrentHashMap.newKeySet();
    /** Of the timer's thread. */
    private final SentStates sentStates = new SentStates();

    private final LiveIncidents incidents = new LiveIncidents(this::announce);
    /** Streams of other nodes; owned by the timer's thread. Null without a cluster. */
    private volatile @Nullable RelayedStreams relayed;

    private boolean closed;

    /**
     * @param sources where streams are found
     * @param tracking which labels are helmets and bare heads
     * @param states state of all streams, asked about once a second while somebody watches
     */
    public LiveStreams(LiveSources sources, TrackingConfig tracking, Supplier<List<Streams.Stream>> states) {
        this.sources = sources;
        watched = new WatchedStreams(sources, tracking);
        this.states = states;
        timer = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "live-states");
            thread.setDaemon(true);
            return thread;
        });
        ticks = timer.scheduleWithFixedDelay(this::tick, STATE_MILLIS, STATE_MILLIS, TimeUnit.MILLISECONDS);
    }

    /**
     * Receives every analysed frame; belongs behind the rules.
     *
     * @param heads the tracked heads of a stream as of the frame at hand; null where it is not tracked
     */
    public FrameAnalyzer frames(Function<String, @Nullable HeadTracker> heads) {
        return new LiveFrames(this, incidents, heads);
    }

    /** Receives every message about an incident. */
    public IncidentSink incidents() {
        return incidents;
    }

    /** Shows the streams of other nodes too; called once, before viewers come. */
    public void relay(Relay relay) {
        relayed = new RelayedStreams(relay, watched::nextChannel, new RelayedStreams.Returned() {
            @Override
            public boolean isHere(String id) {
                return sources.find(id) != null;
            }

            @Override
            public void watch(LiveViewer viewer, String id, Wish wish) {
                watchHere(viewer, id, wish);
            }
        });
    }

    private synchronized void watchHere(LiveViewer viewer, String id, Wish wish) {
        watch(viewer, id, wish);
    }

    /** Viewers that are connected. */
    public int viewers() {
        return viewers.size();
    }

    /** Streams that are watched by somebody. */
    int watchedStreams() {
        return watched.size();
    }

    @Override
    public Viewer connect(Connection connection) {
        LiveViewer viewer = new LiveViewer(connection, this);
        viewers.add(viewer);
        later(() -> {
            sentStates.all().forEach(viewer::send);
            // Takes a second once, which the first still frame would otherwise wait for.
            LiveJpeg.load();
        });
        return viewer;
    }

    /** A stream that is watched; null for the others. */
    @Nullable
    LiveStream watched(String stream) {
        return watched.get(stream);
    }

    /** Tells the viewers about an incident of any node. */
    public void announce(Incident incident) {
        if (!viewers.isEmpty()) {
            later(() -> {
                LiveMessage message = LiveMessage.control(LiveTexts.incident(incident));
                viewers.forEach(viewer -> viewer.send(message));
            });
        }
    }

    private void later(Runnable task) {
        try {
            timer.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("Live video is closed; nothing is sent any more");
        }
    }

    /** Replaces what a viewer watches. */
    synchronized void watch(LiveViewer viewer, WatchRequest request) {
        if (closed || !viewers.contains(viewer)) {
            return;
        }
        Map<String, Subscription> has = viewer.subscriptions;
        Iterator<Map.Entry<String, Subscription>> all = has.entrySet().iterator();
        while (all.hasNext()) {
            Map.Entry<String, Subscription> entry = all.next();
            if (!request.wishes().containsKey(entry.getKey())) {
                all.remove();
                watched.unsubscribe(entry.getKey(), entry.getValue());
            }
        }
        Map<String, Wish> elsewhere = new HashMap<>();
        request.wishes().forEach((id, wish) -> {
            if (relayed != null && !viewer.isNode() && sources.find(id) == null) {
                elsewhere.put(id, wish);
            } else {
                watch(viewer, id, wish);
            }
        });
        replaceElsewhere(viewer, elsewhere);
    }

    private void replaceElsewhere(LiveViewer viewer, Map<String, Wish> elsewhere) {
        RelayedStreams others = relayed;
        if (others != null) {
            later(() -> others.replace(viewer, elsewhere));
        }
    }

    /** What viewers watch here of streams that have left for another node. */
    private synchronized Map<LiveViewer, Map<String, Wish>> takeGone() {
        Map<LiveViewer, Map<String, Wish>> gone = new HashMap<>();
        for (LiveViewer viewer : viewers) {
            if (viewer.isNode()) {
                continue;
            }
            Map.copyOf(viewer.subscriptions).forEach((id, subscription) -> {
                if (sources.find(id) == null) {
                    viewer.subscriptions.remove(id);
                    watched.unsubscribe(id, subscription);
                    gone.computeIfAbsent(viewer, added -> new HashMap<>()).put(id, subscription.wish);
                }
            });
        }
        return gone;
    }

    private void followElsewhere() {
        RelayedStreams others = relayed;
        if (others != null) {
            takeGone().forEach((viewer, wishes) -> wishes.forEach((id, wish) -> others.add(viewer, id, wish)));
            others.check();
        }
    }

    private void watch(LiveViewer viewer, String id, Wish wish) {
        // Sending to it may have failed meanwhile.
        if (viewers.contains(viewer)) {
            watched.subscribe(viewer, id, wish);
        }
    }

    /** A viewer is gone. */
    synchronized void left(LiveViewer viewer) {
        viewers.remove(viewer);
        viewer.subscriptions.forEach(watched::unsubscribe);
        viewer.subscriptions.clear();
        replaceElsewhere(viewer, Map.of());
    }

    private void tick() {
        try {
            if (viewers.isEmpty()) {
                sentStates.clear();
                return;
            }
            long now = System.nanoTime();
            for (LiveViewer viewer : viewers) {
                if (viewer.stuckNanos(now) > STUCK_NANOS) {
                    LOG.info(
                            "Live viewer closed: its connection accepts no data; droppedMessages={}", viewer.dropped());
                    viewer.close("the connection accepts no data");
                }
            }
            followElsewhere();
            for (LiveMessage message : sentStates.update(states.get())) {
                viewers.forEach(viewer -> viewer.send(message));
            }
        } catch (RuntimeException e) {
            LOG.error("States of streams not sent to viewers; retrying in {} ms", STATE_MILLIS, e);
        }
    }

    /** After the timer's thread has ended. */
    private void closeElsewhere() {
        RelayedStreams others = relayed;
        try {
            if (others != null && timer.awaitTermination(CLOSE_MILLIS, TimeUnit.MILLISECONDS)) {
                others.close();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Closes all connections and waits until everything native is freed. */
    @Override
    public void close() {
        List<LiveStream> running;
        synchronized (this) {
            closed = true;
            running = watched.all();
        }
        ticks.cancel(false);
        timer.shutdownNow();
        closeElsewhere();
        for (LiveViewer viewer : List.copyOf(viewers)) {
            viewer.close("the service is ending");
        }
        try {
            for (LiveStream stream : running) {
                stream.stop();
                stream.awaitEnd(CLOSE_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
