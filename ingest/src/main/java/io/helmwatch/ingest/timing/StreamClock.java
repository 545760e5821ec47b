package io.helmwatch.ingest.timing;

/**
 * The presentation time of a stream's frames: its own timestamps as {@link PresentationClock} sanitises them, and for live
 * streams the time of arrival once {@link MediaTimeCheck} does not trust them. Starts at 0 and never goes back.
 *
 * <p>Threading: {@link #check}'s verdict from any thread, everything else one thread. Allocates nothing.
 */
public final class StreamClock {
    private static final long LEAST_STEP_NANOS = 1_000L;

    private final PresentationClock media;
    private final MediaTimeCheck check;
    private final boolean live;
    private boolean started;
    private long lastMedia;
    private long lastReceived;
    private long last;

    /**
     * @param largestGapNanos a step ahead that is larger is a jump
     * @param live whether frames arrive at the camera's pace, so that arrival says something about time
     */
    public StreamClock(long largestGapNanos, boolean live) {
        this(largestGapNanos, live, new MediaTimeCheck());
    }

    /**
     * As the other constructor, for the frames of a stream whose packets are timed by another clock.
     *
     * @param check the verdict of that clock
     */
    public StreamClock(long largestGapNanos, boolean live, MediaTimeCheck check) {
        this.check = check;
        media = new PresentationClock(largestGapNanos, live);
        this.live = live;
    }

    /** The next frame's time comes from a new connection or a new round of a loop. */
    public void restart() {
        media.restart();
        check.restart();
    }

    /**
     * The presentation time of the next frame.
     *
     * @param timestampNanos the stream's own, or {@link PresentationClock#NONE}
     * @param durationNanos the nominal duration of a frame, above 0
     * @param receivedNanos {@link System#nanoTime()}
     */
    public long next(long timestampNanos, long durationNanos, long receivedNanos) {
        long mediaTime = media.next(timestampNanos, durationNanos, receivedNanos);
        if (!started) {
            started = true;
            last = mediaTime;
        } else if (check.isTrusted()) {
            last += mediaTime - lastMedia;
        } else {
            last += Math.max(LEAST_STEP_NANOS, receivedNanos - lastReceived);
        }
        lastMedia = mediaTime;
        lastReceived = receivedNanos;
        return last;
    }

    /**
     * Compares the latest frame's time with its arrival.
     *
     * @return whether the verdict changed
     */
    public boolean verify() {
        return live && check.observe(lastMedia, lastReceived);
    }

    /** The verdict on the stream's timestamps. */
    public MediaTimeCheck check() {
        return check;
    }
}
