package io.helmwatch.vision.health;

import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.VideoFrame;
import java.nio.ByteBuffer;

/**
 * A small copy of a frame's luma: {@value #ROWS} evenly spaced rows, each averaged into {@value #COLUMNS} bins, 0 (black) to 255 (white)
 * whatever range and bit depth the frame has. RGB frames give their green samples.
 *
 * <p>Rows are in the order in which they are stored, which need not be upright. Reading allocates nothing but the view of the plane; the buffer of
 * a row grows with the widest frame.
 *
 * <p>Threading: one thread.
 */
public final class LumaSample {
    /** Rows that are looked at. */
    public static final int ROWS = 36;

    /** Bins of a row. */
    public static final int COLUMNS = 480;

    private static final int LIMITED_BLACK = 16;
    private static final int LIMITED_RANGE = 219;
    private static final byte[] FULL = levels(false);
    private static final byte[] LIMITED = levels(true);

    private final byte[] bins = new byte[ROWS * COLUMNS];
    private byte[] row = new byte[0];
    /** First sample of each bin in a row of {@link #binWidth} samples, and where the last ends. */
    private final int[] binStarts = new int[COLUMNS + 1];

    private int binWidth;

    /** A black sample. */
    public LumaSample() {}

    /**
     * Reads a frame in host memory, which may have any number of rows: those of a frame in device memory are copied first
     * ({@link VideoFrame#downloadRows}).
     *
     * @throws IllegalStateException when the frame is in device memory
     */
    public void read(VideoFrame frame) {
        read(
                frame.plane(0),
                frame.strideBytes(0),
                frame.info().storedWidth(),
                frame.info().storedHeight(),
                frame.format(),
                frame.color().fullRange());
    }

    /**
     * Reads a plane of luma or RGB samples.
     *
     * @param strideBytes bytes from one row to the next
     * @param width samples of a row
     * @param isFullRange whether 0 is black and the highest value white; otherwise 16 and 235
     */
    public void read(
            ByteBuffer plane, int strideBytes, int width, int height, PixelFormat format, boolean isFullRange) {
        int rowBytes = format.planeRowBytes(0, width);
        if (row.length < rowBytes) {
            row = new byte[rowBytes];
        }
        int step = format.isRgb() ? 3 : format.sampleBytes();
        int first = format.isRgb() ? 1 : 0;
        // Where samples have more than 8 bits, which of the 16 are the highest 8.
        int shift = format.bitDepth() > 8 ? format.bitDepth() + format.sampleShift() - 8 : 0;
        byte[] levels = isFullRange || format.isRgb() ? FULL : LIMITED;
        boolean isPlain = step == 1 && shift == 0 && width >= COLUMNS;
        if (isPlain && width != binWidth) {
            divide(width);
        }
        for (int r = 0; r < ROWS; r++) {
            int y = (2 * r + 1) * height / (2 * ROWS);
            plane.get(y * strideBytes, row, 0, rowBytes);
            if (isPlain) {
                averagePlain(r, levels);
                continue;
            }
            for (int x = 0; x < COLUMNS; x++) {
                int from = x * width / COLUMNS;
                int to = Math.max(from + 1, (x + 1) * width / COLUMNS);
                bins[r * COLUMNS + x] = levels[mean(from, to, step, first, shift)];
            }
        }
    }

    private void divide(int width) {
        binWidth = width;
        for (int x = 0; x <= COLUMNS; x++) {
            binStarts[x] = x * width / COLUMNS;
        }
    }

    /** The usual layout, a byte for each sample: the same as {@link #mean} without what depends on the layout. */
    private void averagePlain(int r, byte[] levels) {
        byte[] samples = row;
        int from = 0;
        for (int x = 0; x < COLUMNS; x++) {
            int to = binStarts[x + 1];
            int count = to - from;
            int sum = count / 2;
            for (int i = from; i < to; i++) {
                sum += samples[i] & 0xff;
            }
            bins[r * COLUMNS + x] = levels[sum / count];
            from = to;
        }
    }

    private int mean(int from, int to, int step, int first, int shift) {
        int sum = 0;
        for (int x = from; x < to; x++) {
            int at = x * step + first;
            int sample = row[at] & 0xff;
            sum += shift == 0 ? sample : (sample | (row[at + 1] & 0xff) << 8) >> shift;
        }
        int count = to - from;
        return (sum + count / 2) / count;
    }

    private static byte[] levels(boolean isLimited) {
        byte[] levels = new byte[256];
        for (int value = 0; value < levels.length; value++) {
            int full = isLimited ? Math.round((value - LIMITED_BLACK) * 255f / LIMITED_RANGE) : value;
            levels[value] = (byte) Math.max(0, Math.min(255, full));
        }
        return levels;
    }

    /** Luma of a bin, 0 to 255. */
    int at(int index) {
        return bins[index] & 0xff;
    }

    /** Replaces everything by the values of another sample. */
    void copyFrom(LumaSample other) {
        System.arraycopy(other.bins, 0, bins, 0, bins.length);
    }
}
