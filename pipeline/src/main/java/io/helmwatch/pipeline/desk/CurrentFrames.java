package io.helmwatch.pipeline.desk;

import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.resource.FailureText;
import io.helmwatch.sinks.opencv.StillFrame;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.VideoFrame;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The frame that a stream analyses next, as JPEG, for whoever asks. While nobody does, a frame costs one read of a variable; for a request it is
 * copied in passing, and encoded on the thread that asked.
 *
 * <p>At most {@value #STILLS} frames are in progress; further requests wait for one of them. Masks are burned in, and heads blurred where
 * snapshots blur them.
 *
 * <p>Threading: as {@link FrameAnalyzer}; {@link #next} by any thread.
 */
final class CurrentFrames implements FrameAnalyzer {
    private static final int STILLS = 2;

    private record Request(StillFrame still, CompletableFuture<FrameDetections> taken) {}

    private final TrackingConfig tracking;
    private final boolean isBlurred;
    private final BlockingQueue<StillFrame> stills = new ArrayBlockingQueue<>(STILLS);
    private final Map<String, Request> requests = new ConcurrentHashMap<>();
    /** Number of requests, which a frame looks at first. */
    private final AtomicInteger waiting = new AtomicInteger();

    /**
     * Nobody asks so far.
     *
     * @param tracking labels of boxes that are drawn
     * @param isBlurred whether every head is blurred
     */
    CurrentFrames(TrackingConfig tracking, boolean isBlurred) {
        this.tracking = tracking;
        this.isBlurred = isBlurred;
        for (int i = 0; i < STILLS; i++) {
            stills.add(new StillFrame());
        }
    }

    /**
     * The next frame of a stream.
     *
     * @param isDrawn whether boxes and zones are drawn
     * @param timeout longest time to wait for it
     * @return empty when none was analysed in time
     * @throws IOException when it cannot be encoded
     */
    Optional<byte[]> next(StreamConfig stream, boolean isDrawn, Duration timeout)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        StillFrame still = stills.poll(timeout.toNanos(), TimeUnit.NANOSECONDS);
        if (still == null) {
            return Optional.empty();
        }
        try {
            FrameDetections taken = take(stream.id(), still, deadline);
            return taken == null
                    ? Optional.empty()
                    : Optional.of(still.jpeg(stream.rules(), taken.detections(), isBlurred, isDrawn ? tracking : null));
        } finally {
            stills.add(still);
        }
    }

    private @Nullable FrameDetections take(String stream, StillFrame still, long deadline)
            throws IOException, InterruptedException {
        Request own = new Request(still, new CompletableFuture<>());
        boolean isAsked = false;
        waiting.incrementAndGet();
        try {
            Request other = requests.putIfAbsent(stream, own);
            while (other != null) {
                // Somebody else asks for the same stream.
                other.taken().handle((taken, failure) -> taken).get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
                other = requests.putIfAbsent(stream, own);
            }
            isAsked = true;
            return own.taken().get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            // A frame that took the request a moment ago is waited for: it writes into the still.
            return !isAsked || requests.remove(stream, own) ? null : own.taken().join();
        } catch (CancellationException e) {
            return null;
        } catch (ExecutionException | CompletionException e) {
            throw new IOException("frame cannot be copied: " + FailureText.of(FailureText.root(e)), e);
        } finally {
            requests.remove(stream, own);
            own.taken().cancel(false);
            waiting.decrementAndGet();
        }
    }

    @Override
    public FrameDetections analyze(FrameDetections detections, VideoFrame frame) {
        if (waiting.get() == 0) {
            return detections;
        }
        Request request = requests.remove(detections.stream());
        if (request != null) {
            try {
                request.still().take(frame);
                request.taken().complete(detections);
            } catch (RuntimeException | LinkageError failure) {
                request.taken().completeExceptionally(failure);
            }
        }
        return detections;
    }

    @Override
    public void close() {
        requests.values().forEach(request -> request.taken().cancel(false));
    }
}
