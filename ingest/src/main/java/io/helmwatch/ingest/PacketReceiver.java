package io.helmwatch.ingest;

/**
 * Receives the compressed packets of one stream, see {@link VideoPackets}.
 *
 * <p>Threading: called on the stream's thread. Must not block, since decoding waits for it, and must not throw.
 */
@FunctionalInterface
public interface PacketReceiver {

    /** The next packet in the order of the stream, which is that of decoding; valid during the call unless it is retained. */
    void onPacket(VideoPacket packet);
}
