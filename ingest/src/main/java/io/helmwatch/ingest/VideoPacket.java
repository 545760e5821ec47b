package io.helmwatch.ingest;

/**
 * One compressed frame of a stream, as the demuxer read it. The bytes are shared by everybody who holds the packet and are never
 * changed; they are freed when the last holder releases it.
 *
 * <p>Threading: any. Ownership: counted. Who receives a packet in {@link PacketReceiver#onPacket} may use it during the call, and
 * calls {@link #retain} to keep it longer; each retain is answered by one {@link #release}.
 */
public interface VideoPacket {
    /** A timestamp that the container does not give. */
    long NO_TIME = Long.MIN_VALUE;

    /** How the packet is coded. */
    VideoFormat format();

    /**
     * The stretch of the stream that the packet belongs to; each connection, and each round of a file that starts anew, has its own.
     * The same as {@link io.helmwatch.vision.FrameInfo#mediaEpoch} of its frame.
     */
    int mediaEpoch();

    /** Presentation time in nanoseconds, as {@link io.helmwatch.vision.FrameInfo#mediaTimeNanos} of its frame; {@link #NO_TIME} without one. */
    long mediaTimeNanos();

    /** {@link System#nanoTime()} when the packet was read. */
    long receivedNanos();

    /** Whether decoding can start here. */
    boolean isKeyFrame();

    /** Compressed bytes. */
    int sizeBytes();

    /**
     * Keeps the packet beyond the call that delivered it.
     *
     * @throws IllegalStateException when it was freed already
     */
    void retain();

    /**
     * Gives up one hold; the last one frees the bytes.
     *
     * @throws IllegalStateException when it was freed already
     */
    void release();
}
