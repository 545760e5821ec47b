package io.helmwatch.ingest.ffmpeg.remux;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * The name of a codec with its profile and level as browsers ask for it, from the header of an MP4 file: RFC 6381 and ISO/IEC 14496-15,
 * annex E.
 *
 * <p>Threading: any; without state.
 */
final class CodecNames {
    private static final int CONSTRAINT_BYTES = 6;

    private CodecNames() {}

    /** For example {@code avc1.64001f} or {@code hvc1.1.6.L93.B0}; empty where the header has no parameter sets. */
    static String ofInitSegment(ByteBuffer initSegment) {
        int avc = find(initSegment, "avcC");
        if (avc >= 0 && avc + 4 <= initSegment.limit()) {
            return String.format(
                    Locale.ROOT,
                    "avc1.%02x%02x%02x",
                    initSegment.get(avc + 1) & 0xff,
                    initSegment.get(avc + 2) & 0xff,
                    initSegment.get(avc + 3) & 0xff);
        }
        int hevc = find(initSegment, "hvcC");
        return hevc >= 0 && hevc + 13 <= initSegment.limit() ? hevc(initSegment, hevc) : "";
    }

    private static String hevc(ByteBuffer bytes, int at) {
        int profile = bytes.get(at + 1) & 0xff;
        StringBuilder name = new StringBuilder("hvc1.");
        int space = profile >> 6;
        if (space > 0) {
            name.append((char) ('A' + space - 1));
        }
        name.append(profile & 0x1f)
                .append('.')
                .append(Integer.toHexString(Integer.reverse(bytes.getInt(at + 2))))
                .append('.')
                .append((profile & 0x20) == 0 ? 'L' : 'H')
                .append(bytes.get(at + 12) & 0xff);
        int last = CONSTRAINT_BYTES;
        while (last > 0 && bytes.get(at + 5 + last) == 0) {
            last--;
        }
        for (int i = 1; i <= last; i++) {
            name.append('.')
                    .append(Integer.toHexString(bytes.get(at + 5 + i) & 0xff).toUpperCase(Locale.ROOT));
        }
        return name.toString();
    }

    /** Where the content of a box begins; below 0 where there is none. */
    private static int find(ByteBuffer bytes, String type) {
        int wanted = ByteBuffer.wrap(type.getBytes(StandardCharsets.US_ASCII)).getInt();
        for (int i = 0; i + 4 <= bytes.limit(); i++) {
            if (bytes.getInt(i) == wanted) {
                return i + 4;
            }
        }
        return -1;
    }
}
