package io.helmwatch.ingest.nal;

/**
 * Reads the bits of a NAL unit without its emulation prevention bytes (ITU-T H.264, 7.3.1 and 9.1). Behind the end everything is 0, and
 * {@link #isExhausted} says so.
 *
 * <p>Threading: one thread.
 */
public final class RbspBits {
    private static final int MOST_LEADING_ZEROS = 31;

    private final CodedBytes data;
    private final int end;
    private int at;
    private int bit = 8;
    private int current;
    private int zeros;
    private boolean isExhausted;

    /** Bits of bytes from {@code start} until before {@code end}. */
    RbspBits(CodedBytes data, int start, int end) {
        this.data = data;
        this.end = end;
        at = start;
    }

    /** Whether more was read than there is. */
    public boolean isExhausted() {
        return isExhausted;
    }

    /** A flag of one bit. */
    public boolean readFlag() {
        return read(1) == 1;
    }

    /** An unsigned number of at most 31 bits. */
    public int read(int count) {
        int value = 0;
        for (int i = 0; i < count; i++) {
            value = value << 1 | next();
        }
        return value;
    }

    /** Passes over bits. */
    public void skip(int count) {
        for (int i = 0; i < count; i++) {
            next();
        }
    }

    /** An unsigned Exp-Golomb number; one of more than 31 bits exhausts the data. */
    public int readExpGolomb() {
        int leading = 0;
        while (next() == 0) {
            if (isExhausted || ++leading >= MOST_LEADING_ZEROS) {
                isExhausted = true;
                return 0;
            }
        }
        return (1 << leading) - 1 + read(leading);
    }

    /** A signed Exp-Golomb number (ITU-T H.264, 9.1.1). */
    public int readSignedExpGolomb() {
        int value = readExpGolomb();
        return (value & 1) == 0 ? -(value >> 1) : (value + 1) >> 1;
    }

    private int next() {
        if (bit == 8) {
            if (at < end && zeros >= 2 && data.at(at) == 3) {
                at++;
                zeros = 0;
            }
            if (at >= end) {
                isExhausted = true;
                return 0;
            }
            current = data.at(at++);
            zeros = current == 0 ? zeros + 1 : 0;
            bit = 0;
        }
        return (current >> (7 - bit++)) & 1;
    }
}
