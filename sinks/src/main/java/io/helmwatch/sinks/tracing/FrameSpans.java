package io.helmwatch.sinks.tracing;

import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamStatus;
import io.opentelemetry.api.trace.Tracer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A span for one analysed frame in N, over all streams. Nothing is allocated for the others. Threading: any thread. */
final class FrameSpans implements DetectionSink {
    private final Tracer tracer;
    private final long oneIn;
    private final AtomicLong frames = new AtomicLong();

    FrameSpans(Tracer tracer, long oneIn) {
        this.tracer = tracer;
        this.oneIn = oneIn;
    }

    @Override
    public String name() {
        return "traces";
    }

    @Override
    public void publish(FrameDetections frame) {
        if (frames.getAndIncrement() % oneIn != 0) {
            return;
        }
        tracer.spanBuilder("frame")
                .setStartTimestamp(frame.capturedAtMillis(), TimeUnit.MILLISECONDS)
                .setAttribute("helmwatch.stream", frame.stream())
                .setAttribute("helmwatch.frame", frame.id())
                .setAttribute("helmwatch.detections", frame.detections().size())
                .setAttribute("helmwatch.model", frame.model().name())
                .startSpan()
                .end(Math.max(frame.capturedAtMillis(), System.currentTimeMillis()), TimeUnit.MILLISECONDS);
    }

    @Override
    public void publish(StreamStatus status) {
        // States are no part of traces.
    }

    @Override
    public void close() {
        // The spans belong to the owner of the tracer.
    }
}
