package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.vision.ColorEncoding;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.StreamStatus.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Writes down what a source tells; any thread may ask and wait. */
public class RecordingReceiver implements FrameReceiver {

    /** What was known of a frame while it was offered; the colours of its quadrants as {@link FramePixels#quadrants}. */
    public record Seen(
            long sequence,
            long ptsNanos,
            int width,
            int height,
            PixelFormat format,
            ColorEncoding color,
            List<Integer> quadrants,
            long capturedAtMillis,
            long cameraTimeMillis,
            long atNanos) {}

    private final List<Seen> frames = new ArrayList<>();
    private final List<StreamStatus> statuses = new ArrayList<>();
    private final List<Long> statusNanos = new ArrayList<>();
    private final Map<DropCause, Integer> dropped = new EnumMap<>(DropCause.class);

    @Override
    public synchronized void onFrame(FrameLease frame) {
        frames.add(new Seen(
                frame.sequence(),
                frame.ptsNanos(),
                frame.width(),
                frame.height(),
                frame.format(),
                frame.color(),
                FramePixels.quadrants(frame),
                frame.capturedAtMillis(),
                frame.info().cameraTimeMillis(),
                System.nanoTime()));
        notifyAll();
    }

    @Override
    public synchronized void onDropped(DropCause cause) {
        dropped.merge(cause, 1, Integer::sum);
        notifyAll();
    }

    @Override
    public synchronized void onStatus(StreamStatus status) {
        statuses.add(status);
        statusNanos.add(System.nanoTime());
        notifyAll();
    }

    public synchronized List<Seen> frames() {
        return List.copyOf(frames);
    }

    public synchronized List<StreamStatus> statuses() {
        return List.copyOf(statuses);
    }

    public synchronized List<State> states() {
        return statuses.stream().map(StreamStatus::state).toList();
    }

    public synchronized StreamStatus lastStatus() {
        return statuses.get(statuses.size() - 1);
    }

    public synchronized int dropped(DropCause cause) {
        return dropped.getOrDefault(cause, 0);
    }

    /** Waits until the condition holds; fails with what was seen when it does not in time. */
    public synchronized void await(String what, Duration limit, Predicate<RecordingReceiver> condition) {
        long until = System.nanoTime() + limit.toNanos();
        while (!condition.test(this)) {
            long left = (until - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                throw new AssertionError("not within " + limit + ": " + what + "; frames " + frames.size()
                        + ", dropped " + dropped + ", statuses " + statuses);
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }
}
