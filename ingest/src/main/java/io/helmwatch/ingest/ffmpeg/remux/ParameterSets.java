package io.helmwatch.ingest.ffmpeg.remux;

import io.helmwatch.ingest.VideoFormat.Codec;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/**
 * Finds the parameter sets in front of a key frame's slices, as cameras send them within the stream (ITU-T H.264 and H.265, annex B).
 *
 * <p>Threading: any; without state.
 */
final class ParameterSets {
    private static final byte[] NONE = {};
    private static final byte[] START_CODE = {0, 0, 0, 1};

    private static final int SLICE = -1;
    private static final int OTHER = 0;
    private static final int VIDEO = 1;
    private static final int SEQUENCE = 2;
    private static final int PICTURE = 4;

    private ParameterSets() {}

    /**
     * The parameter sets of a packet, each behind a start code.
     *
     * @param packet a packet with start codes
     * @return empty where the packet does not carry a complete collection
     */
    static byte[] of(Codec codec, ByteBuffer packet) {
        ByteArrayOutputStream sets = new ByteArrayOutputStream();
        int found = 0;
        int start = nextUnit(packet, 0);
        while (start >= 0 && start < packet.limit()) {
            int kind = kind(codec, packet, start);
            if (kind == SLICE) {
                break;
            }
            int next = nextUnit(packet, start);
            if (kind > 0) {
                found |= kind;
                int end = next < 0 ? packet.limit() : startCodeBefore(packet, next);
                sets.writeBytes(START_CODE);
                for (int i = start; i < end; i++) {
                    sets.write(packet.get(i));
                }
            }
            start = next;
        }
        return found == (codec == Codec.HEVC ? VIDEO | SEQUENCE | PICTURE : SEQUENCE | PICTURE)
                ? sets.toByteArray()
                : NONE;
    }

    private static int kind(Codec codec, ByteBuffer packet, int at) {
        if (codec == Codec.HEVC) {
            int type = packet.get(at) >> 1 & 0x3f;
            return switch (type) {
                case 32 -> VIDEO;
                case 33 -> SEQUENCE;
                case 34 -> PICTURE;
                default -> type < 32 ? SLICE : OTHER;
            };
        }
        int type = packet.get(at) & 0x1f;
        return switch (type) {
            case 7 -> SEQUENCE;
            case 8 -> PICTURE;
            default -> type >= 1 && type <= 5 ? SLICE : OTHER;
        };
    }

    /** Where the unit begins that follows the next start code; below 0 where there is none. */
    private static int nextUnit(ByteBuffer packet, int from) {
        for (int i = from; i + 3 <= packet.limit(); i++) {
            if (packet.get(i) == 0 && packet.get(i + 1) == 0 && packet.get(i + 2) == 1) {
                return i + 3;
            }
        }
        return -1;
    }

    /** Where the start code, with the zeros before it, begins that ends in front of a unit. */
    private static int startCodeBefore(ByteBuffer packet, int unit) {
        int end = unit - 3;
        while (end > 0 && packet.get(end - 1) == 0) {
            end--;
        }
        return end;
    }
}
