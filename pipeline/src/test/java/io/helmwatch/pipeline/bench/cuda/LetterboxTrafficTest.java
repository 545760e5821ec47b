package io.helmwatch.pipeline.bench.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.tensor.Letterbox;
import io.helmwatch.vision.tensor.LetterboxAnchor;
import org.junit.jupiter.api.Test;

class LetterboxTrafficTest {

    @Test
    void shouldSkipLumaRowsWithoutWeightAtAThirdOfTheSize() {
        // Every third luma row is hit exactly, its neighbours have no weight; all chroma rows have.
        assertThat(bytes(1920, 1080)).isEqualTo(360L * 1920 + 540L * 1920);
    }

    @Test
    void shouldCountTheWholeFrameWhereEverySampleHasWeight() {
        assertThat(bytes(640, 640)).isEqualTo(640L * 640 * 3 / 2);
        assertThat(bytes(1280, 720)).isEqualTo(1280L * 720 * 3 / 2);
    }

    @Test
    void shouldCountWholeSectors() {
        // Eight times smaller: two of eight samples have weight, all sectors of their rows are read.
        assertThat(bytes(5120, 5120)).isEqualTo(1280L * 5120 + 1280L * 5120);
    }

    private static long bytes(int width, int height) {
        return LetterboxTraffic.sourceBytes(
                PixelFormat.NV12,
                Letterbox.fit(new ImageSize(width, height), new ImageSize(640, 640), LetterboxAnchor.CENTER));
    }
}
