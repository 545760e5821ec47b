package io.helmwatch.cluster.kafka;

import io.helmwatch.cluster.CameraRunner;
import io.helmwatch.vision.NodeEpoch;
import io.helmwatch.vision.StreamOutage;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Runs cameras in name only, and remembers what it was asked. */
final class RecordingRunner implements CameraRunner {
    final Map<String, String> running = new ConcurrentHashMap<>();
    final List<String> log = new CopyOnWriteArrayList<>();
    /** Cameras of other nodes that cannot be reached from here either. */
    final Set<String> unreachable = ConcurrentHashMap.newKeySet();

    /** Told after cameras were released. */
    volatile Consumer<Collection<String>> whenReleased = cameras -> {};

    /** How many attempts to end incidents of a lost node fail, as on a full disk. */
    final AtomicInteger failingEnds = new AtomicInteger();

    final Set<String> tried = ConcurrentHashMap.newKeySet();

    /** Since when cameras that were taken over have been offline, by their reason; "online" for the others. */
    final Map<String, String> takenOver = new ConcurrentHashMap<>();

    @Override
    public void takeOver(String camera, @Nullable StreamOutage outage) {
        takenOver.put(camera, outage == null ? "online" : outage.reason() + " since " + outage.sinceMillis());
    }

    @Override
    public void start(String camera, String settings) {
        running.put(camera, settings);
        log.add("start " + camera);
    }

    @Override
    public void change(String camera, String settings) {
        running.put(camera, settings);
        log.add("change " + camera);
    }

    @Override
    public void remove(String camera) {
        running.remove(camera);
        log.add("remove " + camera);
    }

    @Override
    public void release(Collection<String> cameras) {
        cameras.forEach(camera -> {
            running.remove(camera);
            log.add("release " + camera);
        });
        whenReleased.accept(cameras);
    }

    @Override
    public void abandon(Collection<String> cameras) {
        cameras.forEach(camera -> {
            running.remove(camera);
            log.add("abandon " + camera);
        });
    }

    @Override
    public boolean reaches(String camera, String settings) {
        tried.add(camera);
        return settings.contains(camera) && !unreachable.contains(camera);
    }

    @Override
    public void endOrphans(String camera, List<byte[]> messages, NodeEpoch origin) {
        if (failingEnds.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            throw new IllegalStateException("no space left on the disk");
        }
        messages.forEach(
                message -> log.add("end " + new String(message, StandardCharsets.UTF_8) + " by " + origin.node()));
    }
}
