package io.helmwatch.pipeline.clips;

import io.helmwatch.ingest.FragmentReceiver;
import io.helmwatch.ingest.MediaFragment;
import io.helmwatch.ingest.MediaTimeline;
import io.helmwatch.sinks.evidence.ClipStore;
import io.helmwatch.vision.Incident;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * Writes the fragments of a clip to its file. A file has one size and one set of parameters: where they change before the frame that decided the
 * incident the clip begins with the change, where they change after it the clip ends.
 *
 * <p>Threading: one thread. Errors: {@link UncheckedIOException} when the file cannot be written. Ownership: {@link #close} deletes an unfinished file.
 */
final class ClipOutput implements FragmentReceiver, AutoCloseable {
    private final ClipStore store;
    private final Incident incident;
    private final ClipWindow window;
    private ClipStore.@Nullable Draft draft;
    private @Nullable MediaTimeline timeline;
    private boolean isOver;
    private boolean isEmpty = true;
    private boolean hasDecidingFrame;
    private double firstSeconds;
    private double lastSeconds;

    ClipOutput(ClipStore store, Incident incident, ClipWindow window) {
        this.store = store;
        this.incident = incident;
        this.window = window;
    }

    @Override
    public void onTimeline(MediaTimeline next) {
        if (isOver || hasDecidingFrame) {
            isOver = true;
            return;
        }
        try {
            close();
            draft = store.begin(incident, next.initSegment());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        timeline = next;
        isEmpty = true;
    }

    @Override
    public void onFragment(MediaFragment fragment) {
        ClipStore.Draft open = draft;
        MediaTimeline on = timeline;
        if (isOver || open == null || on == null) {
            return;
        }
        try {
            open.append(fragment.bytes(), fragment.seconds(), fragment.durationSeconds(), fragment.isKeyFrame());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        firstSeconds = isEmpty ? fragment.seconds() : Math.min(firstSeconds, fragment.seconds());
        lastSeconds = isEmpty ? fragment.seconds() : Math.max(lastSeconds, fragment.seconds());
        isEmpty = false;
        hasDecidingFrame |= mediaNanos(on, fragment.seconds()) >= window.decidedNanos();
    }

    /** Adds nothing more. */
    void end() {
        isOver = true;
    }

    /** Whether nothing more can be added. */
    boolean isOver() {
        return isOver;
    }

    /** The file; null where there is no video. */
    ClipStore.@Nullable Draft draft() {
        return isEmpty ? null : draft;
    }

    /** Presentation time of the first frame in the file. */
    double startSeconds() {
        return firstSeconds;
    }

    /** Capture time of the first frame. */
    long fromMillis() {
        return atMillis(firstSeconds);
    }

    /** Capture time of the last frame. */
    long toMillis() {
        return atMillis(lastSeconds);
    }

    private long atMillis(double seconds) {
        MediaTimeline on = timeline;
        return on == null ? 0 : window.atMillis(mediaNanos(on, seconds));
    }

    private static long mediaNanos(MediaTimeline on, double seconds) {
        return on.startNanos() + Math.round(seconds * 1e9);
    }

    /** Presentation time of a frame in the file; NaN for a frame that is not in it. */
    double seconds(ClipFrame frame) {
        MediaTimeline on = timeline;
        double seconds = on == null ? Double.NaN : on.seconds(frame.mediaEpoch(), frame.mediaTimeNanos());
        // Half a millisecond for rounding.
        return seconds >= firstSeconds - 5e-4 && seconds <= lastSeconds + 5e-4 ? seconds : Double.NaN;
    }

    @Override
    public void close() throws IOException {
        ClipStore.Draft open = draft;
        draft = null;
        if (open != null) {
            open.close();
        }
    }
}
