package io.helmwatch.vision.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.ImageSize;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class LetterboxTest {

    /**
     * Worked out by hand from {@code letterbox} of ultralytics/yolov5 (utils/augmentations.py, {@code auto=False}):
     * {@code r = min(H / h, W / w)}, sides {@code round(w * r), round(h * r)}, top {@code round(dh / 2 - 0.1)}.
     */
    @ParameterizedTest
    @CsvSource({
        // source, target, scaled, pads
        "1920, 1080, 640, 640, 640, 360, 0, 140",
        "1280, 720, 640, 640, 640, 360, 0, 140",
        "1080, 1920, 640, 640, 360, 640, 140, 0",
        "640, 640, 640, 640, 640, 640, 0, 0",
        "320, 240, 640, 640, 640, 480, 0, 80",
        // 480 x 270 by 4/3: 640 x 360
        "480, 270, 640, 640, 640, 360, 0, 140",
        // 1000 x 333 by 0.64: 213.12 rows, rest 427: 213 above, 214 below
        "1000, 333, 640, 640, 640, 213, 0, 213",
        // 1000 x 665 by 0.64: 425.6 rows become 426, rest 214
        "1000, 665, 640, 640, 640, 426, 0, 107",
        // 641 x 640 by 640/641: 639.0016 rows, the odd one below
        "641, 640, 640, 640, 640, 639, 0, 0",
        "640, 641, 640, 640, 639, 640, 0, 0",
        // 1280 x 3 by 0.5: 1.5 rows become 2, half to even
        "1280, 3, 640, 640, 640, 2, 0, 319",
        // 1280 x 5 by 0.5: 2.5 rows become 2, half to even
        "1280, 5, 640, 640, 640, 2, 0, 319",
        // 10000 x 1 by 0.064: never less than one row
        "10000, 1, 640, 640, 640, 1, 0, 319",
        "1, 1, 640, 640, 640, 640, 0, 0",
        // oblong target: 1920 x 1080 into 640 x 384 by 1/3
        "1920, 1080, 640, 384, 640, 360, 0, 12"
    })
    void shouldCentreAsYoloV5Does(
            int width,
            int height,
            int targetWidth,
            int targetHeight,
            int scaledWidth,
            int scaledHeight,
            int padLeft,
            int padTop) {
        Letterbox letterbox = Letterbox.fit(
                new ImageSize(width, height), new ImageSize(targetWidth, targetHeight), LetterboxAnchor.CENTER);
        assertThat(letterbox.scaledWidth()).isEqualTo(scaledWidth);
        assertThat(letterbox.scaledHeight()).isEqualTo(scaledHeight);
        assertThat(letterbox.padLeft()).isEqualTo(padLeft);
        assertThat(letterbox.padTop()).isEqualTo(padTop);
    }

    /** NVIDIA DALI: {@code resize(mode="not_larger")}, then {@code pad}, which fills at the end of each axis. */
    @ParameterizedTest
    @CsvSource({
        "1920, 1080, 640, 360",
        "1080, 1920, 360, 640",
        "1000, 333, 640, 213",
        "480, 270, 640, 360",
        "641, 640, 640, 639"
    })
    void shouldPadAtTheEndAsDaliDoes(int width, int height, int scaledWidth, int scaledHeight) {
        Letterbox letterbox =
                Letterbox.fit(new ImageSize(width, height), new ImageSize(640, 640), LetterboxAnchor.TOP_LEFT);
        assertThat(letterbox.scaledWidth()).isEqualTo(scaledWidth);
        assertThat(letterbox.scaledHeight()).isEqualTo(scaledHeight);
        assertThat(letterbox.padLeft()).isZero();
        assertThat(letterbox.padTop()).isZero();
        assertThat(letterbox.toSource(new BoundingBox(0, 0, scaledWidth, scaledHeight)))
                .isEqualTo(new BoundingBox(0, 0, width, height));
    }

    @Test
    void shouldMapPointsByHand() {
        Letterbox letterbox = Letterbox.fit(new ImageSize(1920, 1080), new ImageSize(640, 640), LetterboxAnchor.CENTER);
        assertThat(letterbox.toModel(new BoundingBox(0, 0, 1920, 1080))).isEqualTo(new BoundingBox(0, 140, 640, 500));
        assertThat(letterbox.toSource(new BoundingBox(100, 240, 200, 340)))
                .isEqualTo(new BoundingBox(300, 300, 600, 600));
    }

    @Test
    void shouldMapByTheRoundedSizeWhichTheResamplingApplies() {
        // 333 rows become 213 (213.12 before rounding): the last row's edge is the pad's edge exactly.
        Letterbox letterbox = Letterbox.fit(new ImageSize(1000, 333), new ImageSize(640, 640), LetterboxAnchor.CENTER);
        assertThat(letterbox.toModelY(333)).isEqualTo(213 + 213);
        assertThat(letterbox.toSourceY(213 + 213)).isEqualTo(333);
    }

    @ParameterizedTest
    @EnumSource(LetterboxAnchor.class)
    void shouldBringEveryBoxBackWhereItWas(LetterboxAnchor anchor) {
        Random random = new Random(42);
        for (int i = 0; i < 20_000; i++) {
            ImageSize source = new ImageSize(1 + random.nextInt(4000), 1 + random.nextInt(4000));
            ImageSize target = new ImageSize(32 * (1 + random.nextInt(40)), 32 * (1 + random.nextInt(40)));
            Letterbox letterbox = Letterbox.fit(source, target, anchor);
            double x = random.nextDouble() * source.width();
            double y = random.nextDouble() * source.height();
            double modelX = letterbox.toModelX(x);
            double modelY = letterbox.toModelY(y);
            assertThat(letterbox.toSourceX(modelX)).as("%s", letterbox).isCloseTo(x, within(1e-6));
            assertThat(letterbox.toSourceY(modelY)).as("%s", letterbox).isCloseTo(y, within(1e-6));
            // Inside the picture's area of the model's input.
            assertThat(modelX)
                    .isBetween(letterbox.padLeft() - 1e-9, letterbox.padLeft() + letterbox.scaledWidth() + 1e-9);
            assertThat(modelY)
                    .isBetween(letterbox.padTop() - 1e-9, letterbox.padTop() + letterbox.scaledHeight() + 1e-9);
        }
    }

    @ParameterizedTest
    @EnumSource(LetterboxAnchor.class)
    void shouldFillOneSideAndLeaveTheRestToTheAnchor(LetterboxAnchor anchor) {
        Random random = new Random(43);
        for (int i = 0; i < 20_000; i++) {
            ImageSize source = new ImageSize(1 + random.nextInt(4000), 1 + random.nextInt(4000));
            ImageSize target = new ImageSize(32 * (1 + random.nextInt(40)), 32 * (1 + random.nextInt(40)));
            Letterbox letterbox = Letterbox.fit(source, target, anchor);
            int restX = target.width() - letterbox.scaledWidth();
            int restY = target.height() - letterbox.scaledHeight();
            assertThat(restX).as("%s", letterbox).isNotNegative();
            assertThat(restY).as("%s", letterbox).isNotNegative();
            assertThat(Math.min(restX, restY)).as("%s", letterbox).isZero();
            assertThat(letterbox.padLeft()).isEqualTo(anchor == LetterboxAnchor.CENTER ? restX / 2 : 0);
            assertThat(letterbox.padTop()).isEqualTo(anchor == LetterboxAnchor.CENTER ? restY / 2 : 0);
            assertThat(letterbox.scaledWidth()).isPositive();
            assertThat(letterbox.scaledHeight()).isPositive();
        }
    }
}
