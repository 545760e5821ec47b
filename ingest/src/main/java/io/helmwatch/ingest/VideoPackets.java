package io.helmwatch.ingest;

/**
 * The compressed packets of one stream, for those who show or store the video without decoding it. They are the packets that are
 * decoded anyway: nothing is read or opened for a receiver. Without receivers a packet costs one read of a field.
 *
 * <p>Threading: any thread subscribes; packets are delivered on the stream's thread. Streams share nothing.
 */
public interface VideoPackets {
    /** Of a source that has no packets. */
    VideoPackets NONE = new VideoPackets() {
        @Override
        public void subscribe(PacketReceiver receiver) {}

        @Override
        public void unsubscribe(PacketReceiver receiver) {}
    };

    /** Delivers packets from the next one on, which may be any: a receiver looks for the next key frame itself. */
    void subscribe(PacketReceiver receiver);

    /** Ends the delivery; one packet may still be under way. A receiver that is not subscribed is ignored. */
    void unsubscribe(PacketReceiver receiver);
}
