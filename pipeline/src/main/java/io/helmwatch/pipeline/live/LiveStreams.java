package io.helmwatch.pipeline.live;

import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.pipeline.live.WatchRequest.Wish;
import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.postprocess.tracking.HeadTracker;
import io.helmwatch.sinks.IncidentSink;
import io.helmwatch.sinks.opencv.LiveJpeg;
import io.helmwatch.vision.Incident;
import io.helmwatch.web.LiveVideo;
import io.helmwatch.web.Streams;
import java.util.ArrayList;
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
    private static final int LAST_CHANNEL = 0xffff;

    private final LiveSources sources;
    private final TrackingConfig tracking;
    private final Supplier<List<Streams.Stream>> states;
    private final ScheduledExecutorService timer;
    private final ScheduledFuture<?> ticks;
    private final Set<LiveViewer> viewers = ConcurrentHashMap.newKeySet();
    private final Map<String, String> sentStates = new HashMap<>();
    private final Map<String, Map<String, Incident>> open = new ConcurrentHashMap<>();
    /** Changed as a whole, so that the pipeline reads it without a lock; empty while nobody watches. */
    private volatile Map<String, LiveStream> watched = Map.of();

    private int lastChannel;
    private boolean closed;

    /**
     * @param sources where streams are found
     * @param tracking which labels are helmets and bare heads
     * @param states state of all streams, asked about once a second while somebody watches
     */
    public LiveStreams(LiveSources sources, TrackingConfig tracking, Supplier<List<Streams.Stream>> states) {
        this.sources = sources;
        this.tracking = tracking;
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
        return new LiveFrames(this, heads);
    }

    /** Receives every message about an incident. */
    public IncidentSink incidents() {
        return new LiveIncidents(this);
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
            sentStates.values().forEach(text -> viewer.send(LiveMessage.control(text)));
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

    /** Ids of a stream's open incidents. */
    List<String> openIncidents(String stream) {
        Map<String, Incident> incidents = open.get(stream);
        return incidents == null ? List.of() : List.copyOf(incidents.keySet());
    }

    void onIncident(Incident incident) {
        Map<String, Incident> incidents = open.computeIfAbsent(incident.stream(), id -> new ConcurrentHashMap<>());
        if (incident.hasEnded()) {
            incidents.remove(incident.id());
        } else {
            incidents.put(incident.id(), incident);
        }
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
                leave(entry.getKey(), entry.getValue());
            }
        }
        request.wishes().forEach((id, wish) -> watch(viewer, id, wish));
    }

    private void watch(LiveViewer viewer, String id, Wish wish) {
        if (!viewers.contains(viewer)) {
            // Sending to it failed meanwhile.
            return;
        }
        Subscription known = viewer.subscriptions.get(id);
        if (known != null) {
            LiveStream stream = watched.get(id);
            if (!known.wish.equals(wish) && stream != null) {
                known.wish = wish;
                stream.changed();
            }
            return;
        }
        if (sources.find(id) == null) {
            viewer.send(LiveMessage.control(LiveTexts.stream(
                    0, id, Subscription.Mode.NONE, "", 0, 0, 0, "there is no such stream, or it is not running")));
            return;
        }
        Subscription added = new Subscription(viewer, wish);
        viewer.subscriptions.put(id, added);
        LiveStream stream = watched.get(id);
        if (stream == null) {
            lastChannel = lastChannel % LAST_CHANNEL + 1;
            stream = new LiveStream(id, lastChannel, sources, tracking);
            stream.add(added);
            Map<String, LiveStream> extended = new HashMap<>(watched);
            extended.put(id, stream);
            watched = Map.copyOf(extended);
            stream.start();
        } else {
            stream.add(added);
        }
    }

    /** A viewer is gone. */
    synchronized void left(LiveViewer viewer) {
        viewers.remove(viewer);
        viewer.subscriptions.forEach(this::leave);
        viewer.subscriptions.clear();
    }

    private void leave(String id, Subscription subscription) {
        LiveStream stream = watched.get(id);
        if (stream == null) {
            return;
        }
        stream.remove(subscription);
        if (!stream.isWatched()) {
            Map<String, LiveStream> reduced = new HashMap<>(watched);
            reduced.remove(id);
            watched = Map.copyOf(reduced);
            stream.stop();
        }
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
                    LOG.info("Live viewer closed: its connection takes nothing; droppedMessages={}", viewer.dropped());
                    viewer.close("the connection takes nothing");
                }
            }
            List<Streams.Stream> all = states.get();
            sentStates.keySet().retainAll(all.stream().map(Streams.Stream::id).toList());
            for (Streams.Stream state : all) {
                String text = LiveTexts.state(state);
                if (!text.equals(sentStates.put(state.id(), text))) {
                    LiveMessage message = LiveMessage.control(text);
                    viewers.forEach(viewer -> viewer.send(message));
                }
            }
        } catch (RuntimeException e) {
            LOG.error("States of streams not sent to viewers; retrying in {} ms", STATE_MILLIS, e);
        }
    }

    /** Closes all connections and waits until everything native is freed. */
    @Override
    public void close() {
        List<LiveStream> running;
        synchronized (this) {
            closed = true;
            running = new ArrayList<>(watched.values());
        }
        ticks.cancel(false);
        timer.shutdownNow();
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
