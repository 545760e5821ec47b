package io.helmwatch.vision;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PixelFormatTest {

    @ParameterizedTest
    @CsvSource({
        // format, plane, bytes of a row and rows of a 5 x 3 picture
        "I420, 0, 5, 3",
        "I420, 1, 3, 2",
        "I420, 2, 3, 2",
        "I422, 1, 3, 3",
        "I444, 2, 5, 3",
        "NV12, 0, 5, 3",
        "NV12, 1, 6, 2",
        "I420_10, 0, 10, 3",
        "I420_10, 1, 6, 2",
        "I422_10, 2, 6, 3",
        "I444_10, 1, 10, 3",
        "P010, 0, 10, 3",
        "P010, 1, 12, 2",
        "GRAY8, 0, 5, 3",
        "RGB24, 0, 15, 3",
        "BGR24, 0, 15, 3"
    })
    void shouldRoundTheChromaPlanesOfOddSidesUp(PixelFormat format, int plane, int rowBytes, int rows) {
        assertThat(format.planeRowBytes(plane, 5)).isEqualTo(rowBytes);
        assertThat(format.planeRows(plane, 3)).isEqualTo(rows);
    }

    @Test
    void shouldReportHowSamplesAreStored() {
        assertThat(PixelFormat.P010.sampleShift()).isEqualTo(6);
        assertThat(PixelFormat.P010.sampleBytes()).isEqualTo(2);
        assertThat(PixelFormat.I420_10.sampleShift()).isZero();
        assertThat(PixelFormat.NV12.sampleBytes()).isEqualTo(1);
        assertThat(PixelFormat.BGR24.isRgb()).isTrue();
        assertThat(PixelFormat.GRAY8.isRgb()).isFalse();
    }
}
