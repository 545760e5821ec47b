package io.helmwatch.pipeline.service;

import io.helmwatch.pipeline.ring.HelmetPipeline;
import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.resource.ThreadStop;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The pipelines of a service, one for each device, seen as one. Devices share sinks and analyzers, and nothing on the way of a frame; a stream
 * stays on its device.
 *
 * <p>Threading: as {@link HelmetPipeline}. Ownership: owns the pipelines.
 */
public final class DevicePipelines implements AutoCloseable {
    private final List<HelmetPipeline> pipelines;

    /** Pipelines that run; at least one. */
    DevicePipelines(List<HelmetPipeline> pipelines) {
        this.pipelines = List.copyOf(pipelines);
    }

    List<HelmetPipeline> all() {
        return pipelines;
    }

    /** The streams of all devices, by id. */
    public Collection<StreamFeed> feeds() {
        if (pipelines.size() == 1) {
            return pipelines.get(0).feeds();
        }
        Map<String, StreamFeed> feeds = new TreeMap<>();
        pipelines.forEach(pipeline -> pipeline.feeds().forEach(feed -> feeds.put(feed.id(), feed)));
        return feeds.values();
    }

    /** Waits until every stream has ended and all frames have left the ring. */
    void awaitStreams() throws InterruptedException {
        for (HelmetPipeline pipeline : pipelines) {
            pipeline.awaitStreams();
        }
    }

    /** Failures of all stages so far. */
    long failures() {
        return pipelines.stream()
                .mapToLong(pipeline -> pipeline.failures().count())
                .sum();
    }

    /** Slots in use. */
    int ringDepth() {
        return pipelines.stream().mapToInt(HelmetPipeline::ringDepth).sum();
    }

    /** Whether every stage's thread of every device runs. */
    boolean isRunning() {
        return pipelines.stream().allMatch(HelmetPipeline::isRunning);
    }

    /** Whether no thread uses a stage or a lease any more. */
    boolean isStopped() {
        return pipelines.stream().allMatch(HelmetPipeline::isStopped);
    }

    /** Drains and closes all at the same time, so that several take no longer than one; a second call does nothing. */
    @Override
    public void close() {
        List<RuntimeException> failures = new CopyOnWriteArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (HelmetPipeline pipeline : pipelines.subList(1, pipelines.size())) {
            Thread thread = new Thread(() -> close(pipeline, failures), "close-pipeline");
            thread.start();
            threads.add(thread);
        }
        close(pipelines.get(0), failures);
        ThreadStop.joinAll(threads);
        if (!failures.isEmpty()) {
            RuntimeException first = failures.get(0);
            failures.subList(1, failures.size()).forEach(first::addSuppressed);
            throw first;
        }
    }

    private static void close(HelmetPipeline pipeline, List<RuntimeException> failures) {
        try {
            pipeline.close();
        } catch (RuntimeException failure) {
            failures.add(failure);
        }
    }
}
