package io.helmwatch.vision;

/**
 * A reusable holder of at most one decoded frame. Created once per ring slot; taking a frame moves a reference, samples
 * are never copied.
 *
 * <p>Threading: owned by one thread at a time. Ownership: whoever holds the lease must {@link #release()} it; closing
 * releases too and frees the holder.
 */
public interface FrameLease extends VideoFrame, AutoCloseable {

    /**
     * Moves the frame and its metadata out of {@code other}, which is empty afterwards. A frame held before is released.
     *
     * @throws IllegalArgumentException when {@code other} is a lease of another kind
     */
    void take(FrameLease other);

    /** Whether a frame is held. */
    boolean isHeld();

    /** Releases the frame; does nothing when none is held. */
    void release();

    /** Releases and frees the holder; a second call does nothing. */
    @Override
    void close();
}
