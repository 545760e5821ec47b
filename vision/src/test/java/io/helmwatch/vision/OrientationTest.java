package io.helmwatch.vision;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OrientationTest {

    @ParameterizedTest
    @CsvSource({
        // a, b, c, d in 16.16 (x' = a x + c y, y' = b x + d y)
        "65536, 0, 0, 65536, UPRIGHT",
        "0, 65536, -65536, 0, CLOCKWISE",
        "-65536, 0, 0, -65536, HALF_TURN",
        "0, -65536, 65536, 0, COUNTER_CLOCKWISE",
        "-65536, 0, 0, 65536, MIRRORED",
        "65536, 0, 0, -65536, FLIPPED",
        "0, 65536, 65536, 0, TRANSPOSED",
        "0, -65536, -65536, 0, ANTI_TRANSPOSED",
        "131072, 0, 0, 131072, UPRIGHT",
        "0, 0, 0, 0, UPRIGHT",
        "65000, 8000, -8000, 65000, UPRIGHT",
        "8000, 65000, -65000, 8000, CLOCKWISE",
        "-2147483648, 0, 0, -2147483648, HALF_TURN",
    })
    void shouldReadADisplayMatrix(int a, int b, int c, int d, Orientation expected) {
        assertThat(Orientation.of(a, b, c, d)).isEqualTo(expected);
    }

    /** The stored picture is 3 x 2, letters by rows. */
    @ParameterizedTest
    @CsvSource({
        "UPRIGHT, abc def",
        "CLOCKWISE, da eb fc",
        "HALF_TURN, fed cba",
        "COUNTER_CLOCKWISE, cf be ad",
        "MIRRORED, cba fed",
        "FLIPPED, def abc",
        "TRANSPOSED, ad be cf",
        "ANTI_TRANSPOSED, fc eb da",
    })
    void shouldReportWhereAnUprightPixelIsStored(Orientation orientation, String upright) {
        String stored = "abcdef";
        String[] rows = upright.split(" ", -1);
        assertThat(rows).hasSize(orientation.swapsSides() ? 3 : 2);
        for (int y = 0; y < rows.length; y++) {
            for (int x = 0; x < rows[y].length(); x++) {
                int storedX = (int) orientation.storedX(x, y, 3);
                int storedY = (int) orientation.storedY(x, y, 2);
                assertThat(stored.charAt(3 * storedY + storedX)).isEqualTo(rows[y].charAt(x));
            }
        }
    }
}
