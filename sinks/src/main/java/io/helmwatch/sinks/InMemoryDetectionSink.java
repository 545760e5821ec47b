package io.helmwatch.sinks;

import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamStatus;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps all messages in memory, for tests and for programs that embed the pipeline. Threading: any thread. */
public final class InMemoryDetectionSink implements DetectionSink {
    private final ConcurrentLinkedQueue<FrameDetections> detections = new ConcurrentLinkedQueue<>();
    private final CopyOnWriteArrayList<StreamStatus> statuses = new CopyOnWriteArrayList<>();
    private final SinkCounters counters = new SinkCounters(() -> 0);
    private volatile boolean closed;

    /** Creates an empty sink. */
    public InMemoryDetectionSink() {
        counters.markConnected();
    }

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public void publish(FrameDetections frame) {
        detections.add(frame);
        counters.countPublished();
    }

    @Override
    public void publish(StreamStatus status) {
        statuses.add(status);
        counters.countPublished();
    }

    /** The detections so far, in order of publication. */
    public List<FrameDetections> detections() {
        return List.copyOf(detections);
    }

    /** The state changes so far, in order of publication. */
    public List<StreamStatus> statuses() {
        return List.copyOf(statuses);
    }

    /** Whether {@link #close} was called. */
    public boolean isClosed() {
        return closed;
    }

    @Override
    public SinkStatistics statistics() {
        return counters;
    }

    @Override
    public void close() {
        closed = true;
    }
}
