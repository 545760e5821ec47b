package io.helmwatch.ingest.ffmpeg;

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
}
