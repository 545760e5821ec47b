package io.helmwatch.ingest.nal;

import io.helmwatch.ingest.VideoFormat.Codec;

/**
 * Walks the NAL units of an H.264 or HEVC packet, or of parameter sets. Units follow start codes (ITU-T H.264 and H.265, annex B) or their length
 * (ISO/IEC 14496-15, as MP4 has them). Nothing is searched for before it is asked for, so that a walk that stops at a slice never reads the slice.
 *
 * <p>Damaged bytes end the walk or shorten a unit, and are never read beyond their end. Units without a byte are passed over, a length of 0 ends
 * the walk, and a length beyond the end is cut there, since callers may look at the beginning of a packet only.
 *
 * <p>Threading: one thread. Allocates nothing after its creation.
 */
public final class NalUnits {
    private static final int SMALLEST_AVCC = 7;
    private static final int SMALLEST_HVCC = 23;
    private static final int NOT_SEARCHED = -2;
    private static final int NONE = -1;

    private static final CodedBytes NOTHING = index -> 0;

    private final boolean isHevc;
    private final int lengthBytes;
    private CodedBytes bytes = NOTHING;
    private int limit;
    private int unit;
    /** Where the next unit begins, behind its start code or its length. */
    private int following = NONE;

    /**
     * A walk over nothing.
     *
     * @param codec H.264 or HEVC
     * @param lengthBytes bytes of the length in front of each unit, 1 to 4; 0 where units follow start codes
     */
    public NalUnits(Codec codec, int lengthBytes) {
        if (codec != Codec.H264 && codec != Codec.HEVC) {
            throw new IllegalArgumentException("expected H264 or HEVC, which have NAL units, found " + codec);
        }
        isHevc = codec == Codec.HEVC;
        this.lengthBytes = lengthBytes;
    }

    /**
     * How units are told apart, by the codec's configuration outside the packets.
     *
     * @param configuration {@code avcC} or {@code hvcC} (ISO/IEC 14496-15, 5.3.3.1 and 8.3.3.1), else parameter sets with start codes
     * @return bytes of the length in front of each unit; 0 where units follow start codes
     */
    public static int lengthBytes(Codec codec, CodedBytes configuration, int sizeBytes) {
        // The first byte of avcC and hvcC is their version, of a start code 0.
        if (sizeBytes < SMALLEST_AVCC || configuration.at(0) != 1) {
            return 0;
        }
        if (codec == Codec.H264) {
            return (configuration.at(4) & 3) + 1;
        }
        return codec == Codec.HEVC && sizeBytes >= SMALLEST_HVCC ? (configuration.at(21) & 3) + 1 : 0;
    }

    /** Stands before the first unit of other bytes, of which those from {@code end} on are not looked at. */
    public void reset(CodedBytes bytes, int end) {
        this.bytes = bytes;
        limit = end;
        unit = 0;
        following = lengthBytes > 0 ? afterLength(0) : NOT_SEARCHED;
    }

    /** Goes to the next unit; returns whether there is one. */
    public boolean next() {
        do {
            if (following == NOT_SEARCHED) {
                following = afterStartCode(unit);
            }
            if (following == NONE || following == limit) {
                return false;
            }
            unit = following;
            following = NOT_SEARCHED;
            if (lengthBytes > 0) {
                following = afterLength(end());
            }
        } while (lengthBytes == 0 && isEmpty());
        return true;
    }

    /** Where the unit begins, with its header. */
    public int start() {
        return unit;
    }

    /** Where the unit ends, the index behind its last byte. Zeros in front of a start code and at the end belong to no unit (annex B). */
    public int end() {
        if (lengthBytes > 0) {
            return (int) Math.min(limit, unit + length(unit - lengthBytes));
        }
        if (following == NOT_SEARCHED) {
            following = afterStartCode(unit);
        }
        int end = following == NONE ? limit : following - 3;
        while (end > unit && bytes.at(end - 1) == 0) {
            end--;
        }
        return end;
    }

    /** {@code nal_unit_type} (ITU-T H.264, table 7-1; ITU-T H.265, table 7-1). */
    public int type() {
        return isHevc ? bytes.at(unit) >> 1 & 0x3f : bytes.at(unit) & 0x1f;
    }

    /** Whether the unit holds a coded slice (VCL NAL unit). */
    public boolean isSlice() {
        int type = type();
        return isHevc ? type < 32 : type >= 1 && type <= 5;
    }

    /** Whether the units are those of HEVC. */
    public boolean isHevc() {
        return isHevc;
    }

    /** Bits of the unit behind a header of one byte, as that of H.264. */
    public RbspBits bits() {
        return new RbspBits(bytes, unit + 1, end());
    }

    private int afterLength(int at) {
        int begin = at + lengthBytes;
        return begin < limit && length(at) > 0 ? begin : NONE;
    }

    private long length(int at) {
        long length = 0;
        for (int i = 0; i < lengthBytes; i++) {
            length = length << 8 | (bytes.at(at + i) & 0xff);
        }
        return length;
    }

    /** Where the next start code ends. */
    private int afterStartCode(int from) {
        int zeros = 0;
        for (int i = from; i < limit; i++) {
            int value = bytes.at(i);
            if (value == 1 && zeros >= 2) {
                return i + 1;
            }
            zeros = value == 0 ? zeros + 1 : 0;
        }
        return NONE;
    }

    /** Whether the next start code, or nothing but zeros, stands where the unit should; no header is two zeros. */
    private boolean isEmpty() {
        int at = unit;
        while (at < limit && bytes.at(at) == 0) {
            at++;
        }
        return at > unit && (at == limit || (at - unit >= 2 && bytes.at(at) == 1));
    }
}
