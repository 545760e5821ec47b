package io.helmwatch.ingest.ffmpeg.input;

import io.helmwatch.ingest.VideoFormat.Codec;
import io.helmwatch.ingest.nal.NalUnits;
import io.helmwatch.ingest.nal.RbspBits;
import org.bytedeco.ffmpeg.avcodec.AVCodecParameters;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.javacpp.BytePointer;

/**
 * How many frames of an H.264 stream are decoded before one that is shown earlier, by its sequence parameter sets (ITU-T H.264, 7.3.2.1.1 and annex E.1): they
 * say {@code max_num_reorder_frames}, or that the order of decoding is that of output ({@code pic_order_cnt_type} 2), or have a profile without B slices
 * (Baseline).
 *
 * <p>Threading: any; without state.
 */
final class H264Reordering {
    /** The parameter sets do not say, cannot be read, or are not there. */
    static final int UNKNOWN = -1;

    private static final int SEQUENCE_PARAMETER_SET = 7;
    private static final int BASELINE = 66;
    /** Most that the standard allows (A.3.1). */
    private static final int MOST_FRAMES = 16;

    private static final int EXTENDED_ASPECT_RATIO = 255;
    private static final int MOST_CPBS = 32;
    private static final int CHROMA_444 = 3;
    private static final int MOST_REFERENCES_IN_CYCLE = 255;

    private H264Reordering() {}

    /** The largest number of all streams of an input, whose parameter sets have start codes, as a session description gives them. */
    static int frames(AVFormatContext input) {
        int most = input.nb_streams() == 0 ? UNKNOWN : 0;
        for (int i = 0; i < input.nb_streams() && most != UNKNOWN; i++) {
            int frames = frames(input.streams(i).codecpar());
            most = frames == UNKNOWN ? UNKNOWN : Math.max(most, frames);
        }
        return most;
    }

    private static int frames(AVCodecParameters stream) {
        BytePointer data = stream.extradata();
        if (stream.codec_id() != avcodec.AV_CODEC_ID_H264 || data == null) {
            return UNKNOWN;
        }
        byte[] bytes = new byte[stream.extradata_size()];
        data.get(bytes);
        return frames(bytes);
    }

    /** The same of parameter sets with start codes. */
    static int frames(byte[] parameterSets) {
        int most = UNKNOWN;
        NalUnits units = new NalUnits(Codec.H264, 0);
        units.reset(index -> parameterSets[index], parameterSets.length);
        while (units.next()) {
            if (units.type() == SEQUENCE_PARAMETER_SET) {
                int frames = frames(units.bits());
                if (frames == UNKNOWN) {
                    return UNKNOWN;
                }
                most = Math.max(most, frames);
            }
        }
        return most;
    }

    private static int frames(RbspBits bits) {
        int profile = bits.read(8);
        bits.skip(16);
        bits.readExpGolomb();
        if (hasChromaFormat(profile)) {
            skipChromaFormat(bits);
        }
        bits.readExpGolomb();
        int orderType = skipOrderCount(bits);
        int frames = 0;
        if (orderType != 2 && profile != BASELINE) {
            skipSize(bits);
            frames = bits.readFlag() ? framesOfUsability(bits) : UNKNOWN;
        }
        return bits.isExhausted() || frames > MOST_FRAMES ? UNKNOWN : frames;
    }

    private static void skipSize(RbspBits bits) {
        bits.readExpGolomb();
        bits.skip(1);
        skipExpGolomb(bits, 2);
        if (!bits.readFlag()) {
            bits.skip(1);
        }
        bits.skip(1);
        if (bits.readFlag()) {
            skipExpGolomb(bits, 4);
        }
    }

    private static boolean hasChromaFormat(int profile) {
        return switch (profile) {
            case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135 -> true;
            default -> false;
        };
    }

    private static void skipChromaFormat(RbspBits bits) {
        int chroma = bits.readExpGolomb();
        if (chroma == CHROMA_444) {
            bits.skip(1);
        }
        skipExpGolomb(bits, 2);
        bits.skip(1);
        if (bits.readFlag()) {
            int lists = chroma == CHROMA_444 ? 12 : 8;
            for (int i = 0; i < lists; i++) {
                if (bits.readFlag()) {
                    skipScalingList(bits, i < 6 ? 16 : 64);
                }
            }
        }
    }

    private static void skipScalingList(RbspBits bits, int size) {
        int last = 8;
        for (int i = 0; i < size && !bits.isExhausted(); i++) {
            int next = (last + bits.readSignedExpGolomb()) & 0xff;
            if (next == 0) {
                return;
            }
            last = next;
        }
    }

    /** Skips what tells the order of output; returns {@code pic_order_cnt_type}. */
    private static int skipOrderCount(RbspBits bits) {
        int type = bits.readExpGolomb();
        if (type == 0) {
            bits.readExpGolomb();
        } else if (type == 1) {
            bits.skip(1);
            skipExpGolomb(bits, 2);
            skipExpGolomb(bits, Math.min(bits.readExpGolomb(), MOST_REFERENCES_IN_CYCLE));
        }
        return type;
    }

    /** Reads the video usability information up to {@code max_num_reorder_frames}. */
    private static int framesOfUsability(RbspBits bits) {
        if (bits.readFlag() && bits.read(8) == EXTENDED_ASPECT_RATIO) {
            bits.skip(32);
        }
        if (bits.readFlag()) {
            bits.skip(1);
        }
        if (bits.readFlag()) {
            bits.skip(4);
            if (bits.readFlag()) {
                bits.skip(24);
            }
        }
        if (bits.readFlag()) {
            skipExpGolomb(bits, 2);
        }
        if (bits.readFlag()) {
            bits.skip(65);
        }
        boolean hasNal = skipHypotheticalDecoder(bits);
        boolean hasVcl = skipHypotheticalDecoder(bits);
        if (hasNal || hasVcl) {
            bits.skip(1);
        }
        bits.skip(1);
        if (!bits.readFlag()) {
            return UNKNOWN;
        }
        bits.skip(1);
        skipExpGolomb(bits, 4);
        return bits.readExpGolomb();
    }

    /** Skips the parameters of a hypothetical reference decoder (E.1.2), with the flag that tells of them; returns that. */
    private static boolean skipHypotheticalDecoder(RbspBits bits) {
        if (!bits.readFlag()) {
            return false;
        }
        int buffers = Math.min(bits.readExpGolomb() + 1, MOST_CPBS);
        bits.skip(8);
        for (int i = 0; i < buffers; i++) {
            skipExpGolomb(bits, 2);
            bits.skip(1);
        }
        bits.skip(20);
        return true;
    }

    private static void skipExpGolomb(RbspBits bits, int count) {
        for (int i = 0; i < count; i++) {
            bits.readExpGolomb();
        }
    }
}
