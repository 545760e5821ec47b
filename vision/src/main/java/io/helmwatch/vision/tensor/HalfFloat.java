package io.helmwatch.vision.tensor;

import java.nio.FloatBuffer;
import java.nio.ShortBuffer;

/**
 * IEEE 754 binary16 in a {@code short}, for models with FP16 input or output (the JDK has the conversion from version 20 on).
 *
 * <p>Narrowing rounds to nearest, ties to even; values too large become infinity, NaN stays NaN. Widening is exact.
 *
 * <p>Threading: any thread.
 */
public final class HalfFloat {

    private HalfFloat() {}

    /** The FP32 value of FP16 bits. */
    public static float toFloat(short half) {
        int sign = (half & 0x8000) << 16;
        int exponent = half >>> 10 & 0x1f;
        int fraction = half & 0x3ff;
        if (exponent == 0) {
            // Subnormals are multiples of 2^-24, zero among them.
            float magnitude = fraction * 0x1p-24f;
            return sign == 0 ? magnitude : -magnitude;
        }
        int bits = exponent == 0x1f ? 0x7f800000 | fraction << 13 : (exponent + 112) << 23 | fraction << 13;
        return Float.intBitsToFloat(sign | bits);
    }

    /** FP16 bits of an FP32 value. */
    public static short fromFloat(float value) {
        int bits = Float.floatToRawIntBits(value);
        int sign = bits >>> 16 & 0x8000;
        int magnitude = bits & 0x7fffffff;
        if (magnitude > 0x7f800000) {
            return (short) (sign | 0x7e00);
        }
        if (magnitude >= 0x477ff000) {
            // 65520 and above round to infinity.
            return (short) (sign | 0x7c00);
        }
        if (magnitude < 0x38800000) {
            // Below 2^-14: scale to units of 2^-24; rint rounds ties to even.
            return (short) (sign | (int) Math.rint(Float.intBitsToFloat(magnitude) * 0x1p24));
        }
        // Rebias, then round off the lowest 13 bits; a carry correctly increments the exponent.
        int rebiased = magnitude - (112 << 23);
        return (short) (sign | (rebiased + 0xfff + (rebiased >>> 13 & 1)) >>> 13);
    }

    /** Widens {@code count} values from the buffers' starts. */
    public static void toFloats(ShortBuffer halves, FloatBuffer floats, int count) {
        for (int i = 0; i < count; i++) {
            floats.put(i, toFloat(halves.get(i)));
        }
    }
}
