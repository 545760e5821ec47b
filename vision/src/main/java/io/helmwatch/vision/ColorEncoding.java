package io.helmwatch.vision;

/**
 * How luma and chroma encode colours.
 *
 * @param matrix the YCbCr matrix
 * @param fullRange whether samples use 0..255 (full) rather than 16..235/240 (limited); true for RGB
 */
public record ColorEncoding(Matrix matrix, boolean fullRange) {

    /** YCbCr matrix coefficients, ITU-T H.273. */
    public enum Matrix {
        /** ITU-R BT.601: Kr 0.299, Kb 0.114. */
        BT601(0.299, 0.114),
        /** ITU-R BT.709: Kr 0.2126, Kb 0.0722. */
        BT709(0.2126, 0.0722),
        /** ITU-R BT.2020, non-constant luminance: Kr 0.2627, Kb 0.0593. */
        BT2020(0.2627, 0.0593);

        private final double kr;
        private final double kb;

        Matrix(double kr, double kb) {
            this.kr = kr;
            this.kb = kb;
        }

        /** Weight of red in luma. */
        public double kr() {
            return kr;
        }

        /** Weight of blue in luma. */
        public double kb() {
            return kb;
        }
    }

    /**
     * The default matrix where the stream does not specify one: BT.709 from 720 rows up, else BT.601, as in most players.
     */
    public static Matrix assumedMatrix(int height) {
        return height >= 720 ? Matrix.BT709 : Matrix.BT601;
    }
}
