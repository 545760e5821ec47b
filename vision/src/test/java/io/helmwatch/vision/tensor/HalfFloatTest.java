package io.helmwatch.vision.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HalfFloatTest {

    /** Values and bits from the tables of IEEE 754-2008. */
    @ParameterizedTest
    @CsvSource({
        "0x0000, 0",
        "0x8000, -0.0",
        "0x0001, 5.9604644775390625E-8",
        "0x03ff, 6.097555160522461E-5",
        "0x0400, 6.103515625E-5",
        "0x3555, 0.333251953125",
        "0x3bff, 0.99951171875",
        "0x3c00, 1",
        "0x3c01, 1.0009765625",
        "0xc000, -2",
        "0x7bff, 65504",
        "0x7c00, Infinity",
        "0xfc00, -Infinity",
        "0x7e00, NaN"
    })
    void shouldConvertKnownValuesBothWays(String bits, float value) {
        short half = (short) Integer.decode(bits).intValue();
        assertThat(Float.floatToIntBits(HalfFloat.toFloat(half))).isEqualTo(Float.floatToIntBits(value));
        assertThat(HalfFloat.fromFloat(value)).isEqualTo(half);
    }

    @Test
    void shouldGiveBackEveryHalf() {
        for (int bits = 0; bits < 0x10000; bits++) {
            float value = HalfFloat.toFloat((short) bits);
            if (!Float.isNaN(value)) {
                assertThat(HalfFloat.fromFloat(value) & 0xffff).isEqualTo(bits);
            }
        }
    }

    @Test
    void shouldRoundToTheNearestAndTiesToEven() {
        for (int bits = 0; bits < 0x7bff; bits++) {
            double low = HalfFloat.toFloat((short) bits);
            double high = HalfFloat.toFloat((short) (bits + 1));
            float middle = (float) ((low + high) / 2);
            int even = bits % 2 == 0 ? bits : bits + 1;
            assertThat(HalfFloat.fromFloat(middle)).as("tie above %s", low).isEqualTo((short) even);
            assertThat(HalfFloat.fromFloat(Math.nextDown(middle))).isEqualTo((short) bits);
            assertThat(HalfFloat.fromFloat(Math.nextUp(middle))).isEqualTo((short) (bits + 1));
        }
    }

    @Test
    void shouldTurnWhatIsTooLargeIntoInfinity() {
        assertThat(HalfFloat.fromFloat(65519.996f)).isEqualTo((short) 0x7bff);
        assertThat(HalfFloat.fromFloat(65520f)).isEqualTo((short) 0x7c00);
        assertThat(HalfFloat.fromFloat(-Float.MAX_VALUE)).isEqualTo((short) 0xfc00);
    }

    @Test
    void shouldWidenBuffers() {
        ShortBuffer halves = ShortBuffer.wrap(new short[] {0x3c00, (short) 0xc000, 0x7bff});
        float[] floats = {9, 9, 9};
        HalfFloat.toFloats(halves, FloatBuffer.wrap(floats), 2);
        assertThat(floats).containsExactly(1, -2, 9);
    }
}
