package io.helmwatch.vision;

/**
 * Layout of the samples of a decoded frame. Names are those of the field: {@code I} planar YUV, {@code NV} semi-planar,
 * {@code P} semi-planar with samples in the high bits of 16. Multi-byte samples are little-endian.
 *
 * <p>Chroma planes of odd-sized frames have {@code ceil(side / 2^shift)} samples.
 */
public enum PixelFormat {
    /** Planar 4:2:0, 8 bit. */
    I420(3, 1, 1, 8, 0),
    /** Planar 4:2:2, 8 bit. */
    I422(3, 1, 0, 8, 0),
    /** Planar 4:4:4, 8 bit. */
    I444(3, 0, 0, 8, 0),
    /** Luma plane, then interleaved Cb Cr, 4:2:0, 8 bit. */
    NV12(2, 1, 1, 8, 0),
    /** Planar 4:2:0, 10 bit in the low bits of 16. */
    I420_10(3, 1, 1, 10, 0),
    /** Planar 4:2:2, 10 bit in the low bits of 16. */
    I422_10(3, 1, 0, 10, 0),
    /** Planar 4:4:4, 10 bit in the low bits of 16. */
    I444_10(3, 0, 0, 10, 0),
    /** As NV12, 10 bit in the high bits of 16. */
    P010(2, 1, 1, 10, 6),
    /** Luma only, 8 bit. */
    GRAY8(1, 0, 0, 8, 0),
    /** One plane, R G B bytes. */
    RGB24(1, 0, 0, 8, 0),
    /** One plane, B G R bytes. */
    BGR24(1, 0, 0, 8, 0);

    private final int planes;
    private final int chromaShiftX;
    private final int chromaShiftY;
    private final int bitDepth;
    private final int sampleShift;

    PixelFormat(int planes, int chromaShiftX, int chromaShiftY, int bitDepth, int sampleShift) {
        this.planes = planes;
        this.chromaShiftX = chromaShiftX;
        this.chromaShiftY = chromaShiftY;
        this.bitDepth = bitDepth;
        this.sampleShift = sampleShift;
    }

    /** Number of planes. */
    public int planes() {
        return planes;
    }

    /** Horizontal chroma subsampling as a power of two. */
    public int chromaShiftX() {
        return chromaShiftX;
    }

    /** Vertical chroma subsampling as a power of two. */
    public int chromaShiftY() {
        return chromaShiftY;
    }

    /** Significant bits of a sample. */
    public int bitDepth() {
        return bitDepth;
    }

    /** Bits by which a 16-bit sample is shifted left in memory. */
    public int sampleShift() {
        return sampleShift;
    }

    /** Bytes of one sample in memory. */
    public int sampleBytes() {
        return bitDepth > 8 ? 2 : 1;
    }

    /** Whether the samples are R, G, B rather than luma and chroma. */
    public boolean isRgb() {
        return this == RGB24 || this == BGR24;
    }

    /** Rows of a plane of a frame of the given height. */
    public int planeRows(int plane, int height) {
        return plane == 0 ? height : -(-height >> chromaShiftY);
    }

    /** Bytes of a row of a plane of a frame of the given width, without padding. */
    public int planeRowBytes(int plane, int width) {
        if (isRgb()) {
            return width * 3;
        }
        if (plane == 0) {
            return width * sampleBytes();
        }
        int chromaWidth = -(-width >> chromaShiftX);
        return chromaWidth * sampleBytes() * (planes == 2 ? 2 : 1);
    }
}
