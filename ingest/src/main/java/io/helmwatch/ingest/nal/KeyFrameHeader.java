package io.helmwatch.ingest.nal;

import java.io.ByteArrayOutputStream;

/**
 * What stands in front of the slices of a key frame: its parameter sets, and whether its picture is decodable without what the decoder saw before:
 * IDR pictures (ITU-T H.264 7.4.1.2.4) and intra random access points (ITU-T H.265 3.69).
 *
 * <p>Threading: one thread. Reading allocates nothing; copying parameter sets does.
 */
public final class KeyFrameHeader {
    private static final byte[] START_CODE = {0, 0, 0, 1};
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private static final int VIDEO = 1;
    private static final int SEQUENCE = 2;
    private static final int PICTURE = 4;

    private static final int H264_IDR = 5;
    private static final int HEVC_FIRST_RANDOM_ACCESS = 16;
    private static final int HEVC_LAST_RANDOM_ACCESS = 21;

    private final NalUnits units;
    private CodedBytes bytes = index -> 0;
    private int limit;
    private int found;
    private long hash;
    private boolean isIndependent;

    /**
     * A header of nothing.
     *
     * @param units walks over what is read; the header's own
     */
    public KeyFrameHeader(NalUnits units) {
        this.units = units;
    }

    /**
     * Reads the units up to the first slice; without a slice, all of them.
     *
     * @param bytes a packet, or parameter sets in the form of packets; read again by {@link #parameterSets}
     * @param end bytes from here on are not looked at
     * @return whether the picture is decodable on its own, and its parameter sets, if it has any, are complete
     */
    public boolean read(CodedBytes bytes, int end) {
        this.bytes = bytes;
        limit = end;
        found = 0;
        hash = FNV_OFFSET;
        isIndependent = false;
        units.reset(bytes, end);
        while (units.next()) {
            if (units.isSlice()) {
                isIndependent = isRandomAccess(units.type());
                break;
            }
            int kind = parameterSet(units.type());
            if (kind != 0) {
                found |= kind;
                addToHash(kind);
            }
        }
        return isIndependent && (found == 0 || isComplete());
    }

    /** Whether parameter sets were read. */
    public boolean hasParameterSets() {
        return found != 0;
    }

    /** A hash of the parameter sets that were read. */
    public long parameterSetsHash() {
        return hash;
    }

    /** A copy of the parameter sets that were read, each behind a start code of four bytes; empty where the collection is not complete. */
    public byte[] parameterSets() {
        if (!isComplete()) {
            return new byte[0];
        }
        ByteArrayOutputStream sets = new ByteArrayOutputStream();
        units.reset(bytes, limit);
        while (units.next() && !units.isSlice()) {
            if (parameterSet(units.type()) != 0) {
                sets.writeBytes(START_CODE);
                int end = units.end();
                for (int i = units.start(); i < end; i++) {
                    sets.write(bytes.at(i));
                }
            }
        }
        return sets.toByteArray();
    }

    private boolean isComplete() {
        return found == (units.isHevc() ? VIDEO | SEQUENCE | PICTURE : SEQUENCE | PICTURE);
    }

    private void addToHash(int kind) {
        hash = (hash ^ kind) * FNV_PRIME;
        int end = units.end();
        for (int i = units.start(); i < end; i++) {
            hash = (hash ^ (bytes.at(i) & 0xff)) * FNV_PRIME;
        }
    }

    private boolean isRandomAccess(int type) {
        return units.isHevc() ? type >= HEVC_FIRST_RANDOM_ACCESS && type <= HEVC_LAST_RANDOM_ACCESS : type == H264_IDR;
    }

    private int parameterSet(int type) {
        if (units.isHevc()) {
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
}
