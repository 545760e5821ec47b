package io.helmwatch.pipeline.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.vision.PixelFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RingSizeTest {
    private static final long GIGABYTE = 1L << 30;

    @ParameterizedTest(name = "{1} streams, {2} frames in lanes, {3} GB, configured {0}: {4} slots")
    @CsvSource({
        "0, 1, 4, 16, 16",
        "0, 8, 4, 16, 32",
        "0, 9, 4, 16, 64",
        "0, 1, 96, 16, 256",
        "0, 64, 4, 16, 256",
        "0, 64, 4, 2, 128",
        "0, 64, 4, 1, 128",
        "0, 1, 4, 1, 16",
        "8, 64, 4, 16, 8",
    })
    void shouldGiveEachStreamSlotsWithinTheMemory(int configured, int streams, int lanes, long gigabytes, int slots) {
        assertThat(RingSize.choose(configured, streams, lanes, gigabytes * GIGABYTE))
                .isEqualTo(slots);
    }

    @Test
    void shouldKnowTheSizeOfAnImage() {
        assertThat(RingSize.frameBytes(PixelFormat.I420, 1920, 1080)).isEqualTo(3_110_400);
        assertThat(RingSize.frameBytes(PixelFormat.P010, 1920, 1080)).isEqualTo(6_220_800);
        assertThat(RingSize.frameBytes(PixelFormat.RGB24, 3, 2)).isEqualTo(18);
    }
}
