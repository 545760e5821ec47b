package io.helmwatch.ingest.ffmpeg.decode;

import java.io.ByteArrayOutputStream;
import org.bytedeco.ffmpeg.avcodec.AVCodecParameters;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;

/**
 * What stands in front of the slices of an H.264 or HEVC key frame: its parameter sets, and whether its picture is decodable without what the
 * decoder saw before: IDR pictures (ITU-T H.264 7.4.1.2.4) and intra random access points (ITU-T H.265 3.69).
 *
 * <p>Threading: the stream's thread. Reading a packet allocates nothing.
 */
final class KeyFrameHeader {
    /** A slice that begins later is not looked for. */
    private static final int MAX_SCANNED_BYTES = 4096;

    private static final byte[] START_CODE = {0, 0, 0, 1};
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private static final int VIDEO = 1;
    private static final int SEQUENCE = 2;
    private static final int PICTURE = 4;

    private final boolean hevc;
    private final int lengthBytes;
    private final PacketBytes bytes = new PacketBytes();
    private int found;
    private long hash;
    private int sliceType;
    private int scanned;

    /** Whether key frames of the codec can be read. */
    static boolean supports(int codecId) {
        return codecId == avcodec.AV_CODEC_ID_H264 || codecId == avcodec.AV_CODEC_ID_HEVC;
    }

    KeyFrameHeader(AVCodecParameters stream) {
        hevc = stream.codec_id() == avcodec.AV_CODEC_ID_HEVC;
        lengthBytes = Framing.lengthBytes(stream);
    }

    /** Reads a packet; returns whether its picture is decodable on its own, and its parameter sets, if it has any, are complete. */
    boolean read(AVPacket packet) {
        if (!bytes.pointTo(packet)) {
            return false;
        }
        scan(bytes, Math.min(packet.size(), MAX_SCANNED_BYTES), null);
        boolean independent = hevc ? sliceType >= 16 && sliceType <= 21 : sliceType == 5;
        return independent && (found == 0 || isComplete());
    }

    /** Whether the packet that was read carries parameter sets. */
    boolean hasParameterSets() {
        return found != 0;
    }

    /** A hash of the parameter sets of the packet that was read. */
    long parameterSetsHash() {
        return hash;
    }

    /** The parameter sets of the packet that was read, each behind a start code. */
    byte[] parameterSets() {
        return copy(bytes, scanned);
    }

    /** The parameter sets of a stream's extradata with start codes; empty where they are not complete. */
    byte[] parameterSets(BytePointer extradata, int size) {
        byte[] sets = copy(extradata, size);
        return isComplete() ? sets : new byte[0];
    }

    private boolean isComplete() {
        return found == (hevc ? VIDEO | SEQUENCE | PICTURE : SEQUENCE | PICTURE);
    }

    private byte[] copy(BytePointer data, int end) {
        ByteArrayOutputStream sets = new ByteArrayOutputStream();
        scan(data, end, sets);
        return sets.toByteArray();
    }

    /** Looks at the units up to the first slice; a last one without a slice behind it counts where it ends with the data. */
    private void scan(BytePointer data, int end, @Nullable ByteArrayOutputStream copied) {
        found = 0;
        hash = FNV_OFFSET;
        sliceType = -1;
        scanned = end;
        int at = lengthBytes > 0 ? 0 : nextUnit(data, 0, end);
        while (at >= 0 && at + lengthBytes < end) {
            int unit = at + lengthBytes;
            int next;
            int last;
            if (lengthBytes > 0) {
                long length = length(data, at);
                if (length <= 0) {
                    return;
                }
                next = (int) Math.min(end, unit + length);
                last = next;
            } else {
                next = isSlice(type(data, unit)) ? -1 : nextUnit(data, unit, end);
                last = next < 0 ? end : startCodeBefore(data, next, unit);
            }
            int type = type(data, unit);
            if (isSlice(type)) {
                sliceType = type;
                return;
            }
            add(data, unit, last, parameterSet(type), copied);
            at = next;
        }
    }

    private void add(BytePointer data, int from, int to, int kind, @Nullable ByteArrayOutputStream copied) {
        if (kind == 0) {
            return;
        }
        found |= kind;
        hash = (hash ^ kind) * FNV_PRIME;
        if (copied != null) {
            copied.writeBytes(START_CODE);
        }
        for (int i = from; i < to; i++) {
            byte value = data.get(i);
            hash = (hash ^ (value & 0xff)) * FNV_PRIME;
            if (copied != null) {
                copied.write(value);
            }
        }
    }

    private int type(BytePointer data, int unit) {
        return hevc ? data.get(unit) >> 1 & 0x3f : data.get(unit) & 0x1f;
    }

    private boolean isSlice(int type) {
        return hevc ? type < 32 : type >= 1 && type <= 5;
    }

    private int parameterSet(int type) {
        if (hevc) {
            return switch (type) {
                case 32 -> VIDEO;
                case 33 -> SEQUENCE;
                case 34 -> PICTURE;
                default -> 0;
            };
        }
        return switch (type) {
            case 7 -> SEQUENCE;
            case 8 -> PICTURE;
            default -> 0;
        };
    }

    private long length(BytePointer data, int at) {
        long length = 0;
        for (int i = 0; i < lengthBytes; i++) {
            length = length << 8 | (data.get(at + i) & 0xff);
        }
        return length;
    }

    /** Where the unit begins that follows the next start code; below 0 where there is none. */
    private static int nextUnit(BytePointer data, int from, int end) {
        int zeros = 0;
        for (int i = from; i + 1 < end; i++) {
            int value = data.get(i);
            if (value == 1 && zeros >= 2) {
                return i + 1;
            }
            zeros = value == 0 ? zeros + 1 : 0;
        }
        return -1;
    }

    private static int startCodeBefore(BytePointer data, int next, int from) {
        int end = next - 3;
        while (end > from && data.get(end - 1) == 0) {
            end--;
        }
        return end;
    }
}
