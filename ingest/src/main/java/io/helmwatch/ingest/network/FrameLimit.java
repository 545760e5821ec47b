package io.helmwatch.ingest.network;

/**
 * Finds frames that never end: a depacketizer collects the packets of one frame in memory until the frame is complete. Packets of a frame have
 * the same RTP timestamp, and the last one carries the marker; a stream that lacks one of these signs still has the other.
 *
 * <p>Threading: one thread. Allocates nothing per packet.
 */
final class FrameLimit {
    /** More than any codec makes of one picture. */
    static final long MAX_FRAME_BYTES = 32L << 20;

    private static final int HEADER_BYTES = 12;
    private static final int CHANNELS = 256;

    private final long[] bytes = new long[CHANNELS];
    private final int[] timestamps = new int[CHANNELS];

    /**
     * Counts an RTP packet.
     *
     * @param channel 0 to 255
     * @return whether the frame that the packet belongs to is still within the limit
     */
    boolean accepts(int channel, byte[] packet, int length) {
        if (length < HEADER_BYTES) {
            return true;
        }
        int timestamp =
                (packet[4] & 0xff) << 24 | (packet[5] & 0xff) << 16 | (packet[6] & 0xff) << 8 | (packet[7] & 0xff);
        if (timestamp != timestamps[channel]) {
            timestamps[channel] = timestamp;
            bytes[channel] = 0;
        }
        bytes[channel] += length;
        boolean isWithin = bytes[channel] <= MAX_FRAME_BYTES;
        boolean isLast = (packet[1] & 0x80) != 0;
        if (isLast) {
            bytes[channel] = 0;
        }
        return isWithin;
    }
}
