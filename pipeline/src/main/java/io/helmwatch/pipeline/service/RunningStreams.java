package io.helmwatch.pipeline.service;

import io.helmwatch.config.Backend;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.FrameSource;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.backend.StreamPlacement;
import io.helmwatch.pipeline.desk.StreamObserver;
import io.helmwatch.pipeline.ring.HelmetPipeline;
import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.resource.Quantity;
import io.helmwatch.sinks.DetectionSink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The streams that run, which are added, changed, removed and restarted one at a time. An operation touches only its stream: the others lose no
 * frame, and their tracks continue.
 *
 * <p>Another set of zones, masks and rules is applied between two frames; every other change stops the stream and starts it again. A stream that
 * is removed delivers its queued frames first, then its incidents end, its meters go, and the sinks publish that it no longer exists.
 *
 * <p>Threading: any thread; operations that change something wait for each other, reading waits for nothing.
 */
final class RunningStreams {
    private static final Logger LOG = LoggerFactory.getLogger(RunningStreams.class);

    /** A device in use and what runs on it. */
    record Device(int index, OpenedBackend backend, HelmetPipeline pipeline) {}

    /** Order of the addition, which changes and restarts keep. */
    private record Running(StreamConfig config, Device device, long order) {}

    private final Backend kind;
    private final List<Device> devices;
    private final List<StreamObserver> observers;
    private final List<DetectionSink> sinks;
    private final Duration stopTimeout;
    private final Map<String, Running> streams = new ConcurrentHashMap<>();
    private long additions;
    private volatile boolean stopping;

    /**
     * No streams so far.
     *
     * @param kind a CPU ignores the device that a stream asks for
     * @param devices at least one
     * @param observers follow the streams
     * @param stopTimeout longest time that a stream has to stop
     */
    RunningStreams(
            Backend kind,
            List<Device> devices,
            List<StreamObserver> observers,
            List<DetectionSink> sinks,
            Duration stopTimeout) {
        this.kind = kind;
        this.devices = List.copyOf(devices);
        this.observers = List.copyOf(observers);
        this.sinks = sinks;
        this.stopTimeout = stopTimeout;
    }

    /** The settings of a running stream; null for one that does not run. */
    @Nullable
    StreamConfig config(String stream) {
        Running running = streams.get(stream);
        return running == null ? null : running.config();
    }

    /** The settings of all running streams, in the order of their addition. */
    List<StreamConfig> configs() {
        return streams.values().stream()
                .sorted(Comparator.comparingLong(Running::order))
                .map(Running::config)
                .toList();
    }

    /** The GPUs in use; empty where streams are analysed on the CPU. */
    List<Integer> devices() {
        return kind == Backend.CPU
                ? List.of()
                : devices.stream().map(Device::index).toList();
    }

    /** A running stream; null for one that does not run. */
    @Nullable
    StreamFeed feed(String stream) {
        Running running = streams.get(stream);
        return running == null ? null : running.device().pipeline().feed(stream);
    }

    /** Frames of a stream to analyse per second; 0 for all. */
    double analyzeFps(String stream) {
        StreamConfig config = config(stream);
        return config == null ? 0 : config.analyzeFps();
    }

    /**
     * Starts a stream on the device that it names, else on the one with the fewest streams.
     *
     * @throws IllegalStateException when a stream of that id runs, its device is not in use, or the service is ending
     */
    synchronized void add(StreamConfig stream) {
        requireNotStopping(stream.id());
        if (streams.containsKey(stream.id())) {
            throw new IllegalStateException("stream " + stream.id() + " exists already: choose another id");
        }
        start(stream, deviceFor(stream), additions++);
    }

    /** Starts the streams of each device. */
    void addAll(Map<Integer, List<StreamConfig>> placement) {
        int all = placement.values().stream().mapToInt(List::size).sum();
        placement.forEach((device, placed) -> {
            if (placement.size() > 1) {
                LOG.info("Device {}: {} of {}", device, placed.size(), Quantity.of(all, "stream"));
            }
            placed.forEach(stream -> add(stream, device));
        });
    }

    /** Starts a stream on one of the devices. */
    private synchronized void add(StreamConfig stream, int device) {
        start(
                stream,
                devices.stream()
                        .filter(opened -> opened.index() == device)
                        .findFirst()
                        .orElseThrow(),
                additions++);
    }

    private void start(StreamConfig stream, Device device, long order) {
        observers.forEach(observer -> observer.added(stream));
        streams.put(stream.id(), new Running(stream, device, order));
        try {
            FrameSource source = device.backend().newSource(stream);
            observers.forEach(observer -> observer.starting(source));
            device.pipeline().add(source);
        } catch (RuntimeException refused) {
            streams.remove(stream.id());
            observers.forEach(observer -> observer.removed(stream.id()));
            throw refused;
        }
        if (stopping) {
            device.pipeline().stop(stream.id());
        }
    }

    /**
     * Gives a stream other settings. One that needs a restart keeps its device unless it names another one.
     *
     * @throws IllegalStateException when it does not run, its device is not in use, or it does not stop in time
     */
    synchronized void change(StreamConfig stream) {
        requireNotStopping(stream.id());
        Running running = require(stream.id());
        if (running.config().equals(stream)) {
            return;
        }
        if (running.config().equals(stream.withRules(running.config().rules()))) {
            streams.put(stream.id(), new Running(stream, running.device(), running.order()));
            observers.forEach(observer -> observer.changed(stream));
            return;
        }
        Device device = stream.device() == null || kind == Backend.CPU ? running.device() : deviceFor(stream);
        stop(running);
        start(stream, device, running.order());
    }

    /**
     * Stops a stream and starts it again with the same settings.
     *
     * @throws IllegalStateException when it does not run, or does not stop in time
     */
    synchronized void restart(String stream) {
        requireNotStopping(stream);
        Running running = require(stream);
        stop(running);
        start(running.config(), running.device(), running.order());
    }

    /**
     * Removes a stream; the sinks publish that it no longer exists.
     *
     * @throws IllegalStateException when it does not run, or does not stop in time
     */
    synchronized void remove(String stream) {
        stop(require(stream));
        sinks.forEach(sink -> sink.removeStream(stream));
        LOG.info("Stream {} removed", stream);
    }

    /**
     * Stops several streams at the same time, of which another node takes care from now on: the sinks do not learn that they no longer exist. One
     * that does not run is ignored; one that does not stop in time is logged.
     */
    synchronized void stopTogether(Collection<String> stopped) {
        List<Running> all = stopped.stream()
                .map(streams::get)
                .filter(running -> running != null)
                .toList();
        all.forEach(running -> running.device().pipeline().stop(running.config().id()));
        for (Running running : all) {
            try {
                stop(running);
            } catch (IllegalStateException e) {
                LOG.error("{}", e.getMessage());
            }
        }
    }

    /** Whether all streams were asked to end. */
    boolean isStopping() {
        return stopping;
    }

    private void stop(Running running) {
        String stream = running.config().id();
        try {
            if (!running.device().pipeline().stopAndRemove(stream, stopTimeout)) {
                throw new IllegalStateException(
                        "stream " + stream + " has not stopped within " + stopTimeout.toSeconds() + " s: try again");
            }
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while stream " + stream + " stops", interrupt);
        }
        streams.remove(stream);
        observers.forEach(observer -> observer.removed(stream));
    }

    private Running require(String stream) {
        Running running = streams.get(stream);
        if (running == null) {
            throw new IllegalStateException("there is no stream " + stream);
        }
        return running;
    }

    private void requireNotStopping(String stream) {
        if (stopping) {
            throw new IllegalStateException("stream " + stream + " not changed: the service is ending");
        }
    }

    /** Refuses a stream that names a device that is not in use. */
    void requireDevice(StreamConfig stream) {
        deviceFor(stream);
    }

    /** The device that a stream names, else the one with the fewest streams. */
    private Device deviceFor(StreamConfig stream) {
        Integer named = kind == Backend.CPU ? null : stream.device();
        List<Integer> indices = devices.stream().map(Device::index).toList();
        List<Integer> used = new ArrayList<>();
        streams.values().forEach(running -> used.add(running.device().index()));
        int chosen = StreamPlacement.next(stream.id(), named, indices, used);
        return devices.stream()
                .filter(device -> device.index() == chosen)
                .findFirst()
                .orElseThrow();
    }

    /** Asks all streams to end, also those that another operation is about to start; returns at once. */
    void stopAll() {
        stopping = true;
        devices.forEach(device -> device.pipeline().stopAll());
    }

    /** Whether every stream has ended and all its frames have left the ring. */
    synchronized boolean areDone() {
        return devices.stream()
                .flatMap(device -> device.pipeline().feeds().stream())
                .allMatch(StreamFeed::isDone);
    }
}
