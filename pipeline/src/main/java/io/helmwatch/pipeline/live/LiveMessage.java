package io.helmwatch.pipeline.live;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A message to viewers, the same object for all of them. Immutable.
 *
 * <p>A binary message starts with 16 bytes, big-endian: kind (0 init segment, 1 fragment, 2 JPEG), flags (bit 0: decoding can start here),
 * channel (2), epoch (4), seconds as a double (8).
 */
final class LiveMessage {
    static final int HEADER_BYTES = 16;

    private static final int CHANNEL_AT = 2;

    /** What a message carries, with its number in the header. */
    enum Kind {
        /** State of a stream or an incident, as text; never dropped. */
        CONTROL(-1),
        /** What was detected in a frame, as text. */
        FRAME(-1),
        /** Start of a timeline. */
        INIT(0),
        /** One frame of MP4. */
        FRAGMENT(1),
        /** One frame as JPEG. */
        JPEG(2);

        private final int number;

        Kind(int number) {
            this.number = number;
        }
    }

    private final Kind kind;
    private final int channel;
    private final boolean startsDecoding;
    private final @Nullable String text;
    private final @Nullable ByteBuffer bytes;
    private final int size;

    private LiveMessage(
            Kind kind,
            int channel,
            boolean startsDecoding,
            @Nullable String text,
            @Nullable ByteBuffer bytes,
            int size) {
        this.kind = kind;
        this.channel = channel;
        this.startsDecoding = startsDecoding;
        this.text = text;
        this.bytes = bytes;
        this.size = size;
    }

    /** State of a stream or an incident. */
    static LiveMessage control(String json) {
        return new LiveMessage(Kind.CONTROL, 0, false, json, null, json.getBytes(StandardCharsets.UTF_8).length);
    }

    /** What was detected in a frame. */
    static LiveMessage frame(int channel, String json) {
        return new LiveMessage(Kind.FRAME, channel, false, json, null, json.length());
    }

    /**
     * Video.
     *
     * @param startsDecoding whether decoding can start here
     * @param seconds on the timeline of the epoch
     */
    static LiveMessage video(
            Kind kind, int channel, boolean startsDecoding, int epoch, double seconds, ByteBuffer payload) {
        ByteBuffer message = ByteBuffer.allocate(HEADER_BYTES + payload.remaining());
        message.put((byte) kind.number)
                .put((byte) (startsDecoding ? 1 : 0))
                .putShort((short) channel)
                .putInt(epoch)
                .putDouble(seconds)
                .put(payload)
                .flip();
        return new LiveMessage(kind, channel, startsDecoding, null, message.asReadOnlyBuffer(), message.limit());
    }

    /** The channel in the header of a binary message. */
    static int channel(ByteBuffer message) {
        return message.getShort(message.position() + CHANNEL_AT) & 0xffff;
    }

    /**
     * Video of another node, with a channel of this one.
     *
     * @param message whole, with its header; changed
     * @return null for a kind that this version does not know
     */
    static @Nullable LiveMessage relayed(ByteBuffer message, int channel) {
        int number = message.get(message.position());
        for (Kind kind : new Kind[] {Kind.INIT, Kind.FRAGMENT, Kind.JPEG}) {
            if (kind.number == number) {
                boolean startsDecoding = (message.get(message.position() + 1) & 1) == 1;
                message.putShort(message.position() + CHANNEL_AT, (short) channel);
                return new LiveMessage(
                        kind, channel, startsDecoding, null, message.asReadOnlyBuffer(), message.remaining());
            }
        }
        return null;
    }

    Kind kind() {
        return kind;
    }

    int channel() {
        return channel;
    }

    boolean startsDecoding() {
        return startsDecoding;
    }

    int size() {
        return size;
    }

    /** The text; null for a binary message. */
    @Nullable
    String text() {
        return text;
    }

    /** A view of the bytes. */
    ByteBuffer bytes() {
        ByteBuffer message = bytes;
        if (message == null) {
            throw new IllegalStateException("a text message has no bytes");
        }
        return message.duplicate();
    }
}
