package io.helmwatch.ingest;

/**
 * One stream: opens it, decodes it, and opens a live stream again for ever when it is lost.
 *
 * <p>Threading: {@link #run} is called once, on the stream's own thread; {@link #stop} from any thread. Ownership: what
 * run opens it closes before it returns.
 */
public interface FrameSource {

    /** The stream's id. */
    String id();

    /** Whether frames arrive at their own pace (cameras, real-time files) and are dropped rather than held back. */
    boolean isLive();

    /** Length of a finite stream in nanoseconds as its container claims it; 0 while or where unknown. Any thread may ask. */
    default long durationNanos() {
        return 0;
    }

    /** Seconds that the camera's clock is ahead of ours; NaN where the camera does not tell its clock. Any thread may ask. */
    default double cameraClockOffsetSeconds() {
        return Double.NaN;
    }

    /** Seconds of media time per second of arrival, over the latest seconds; NaN where that is not measured. Any thread may ask. */
    default double mediaTimeRate() {
        return Double.NaN;
    }

    /** Whether frames are timed by arrival because the stream's timestamps do not advance with time. Any thread may ask. */
    default boolean isTimedByArrival() {
        return false;
    }

    /** The codec's name, {@code h264} for example; empty while nothing was opened. Any thread may ask. */
    default String codec() {
        return "";
    }

    /** Frames per second as the stream claims; 0 where it makes no claim. Any thread may ask. */
    default double framesPerSecond() {
        return 0;
    }

    /** The compressed packets that the source reads, for those who show or store them. Any thread may ask. */
    default VideoPackets packets() {
        return VideoPackets.NONE;
    }

    /** Decodes until the end of a finite stream or until {@link #stop}; never throws for what the input contains. */
    void run(FrameReceiver receiver);

    /** Makes {@link #run} return soon, also out of a blocking call. */
    void stop();
}
