package io.helmwatch.vision.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.ImageSize;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InputSizingTest {

    @ParameterizedTest
    @CsvSource({
        // frame, input
        "1920, 1080, 640, 384",
        "1280, 720, 640, 384",
        "3840, 2160, 640, 384",
        "1080, 1920, 384, 640",
        "640, 480, 640, 480",
        "2592, 1944, 640, 480",
        "480, 640, 480, 640",
        "1000, 1000, 640, 640",
        "1280, 1024, 640, 512",
        "641, 640, 640, 640",
        "1280, 640, 640, 320",
        "1280, 642, 640, 352",
        "4000, 10, 640, 32",
        "10, 4000, 32, 640",
        "1, 1, 640, 640"
    })
    void shouldTakeTheShapeOfTheFrameRoundedUpToTheStride(int width, int height, int inputWidth, int inputHeight) {
        InputSizing sizing = InputSizing.fitting(640, 32);
        ImageSize size = sizing.sizeFor(width, height);
        assertThat(size).isEqualTo(new ImageSize(inputWidth, inputHeight));
        assertThat(sizing.sizeFor(width, height)).isSameAs(size);
        assertThat(sizing.hasSize(size)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"1920, 1080", "1080, 1920", "704, 576", "333, 1000", "1919, 1079", "64, 2000"})
    void shouldPlaceTheFrameAtTheScaleOfASquareInput(int width, int height) {
        ImageSize frame = new ImageSize(width, height);
        InputSizing sizing = InputSizing.fitting(640, 32);
        Letterbox fit = Letterbox.fit(frame, sizing.sizeFor(width, height), LetterboxAnchor.CENTER);
        Letterbox square = Letterbox.fit(frame, sizing.largest(), LetterboxAnchor.CENTER);
        assertThat(fit.scaledWidth()).isEqualTo(square.scaledWidth());
        assertThat(fit.scaledHeight()).isEqualTo(square.scaledHeight());
        assertThat(fit.target().width() - fit.scaledWidth()).isBetween(0, 31);
        assertThat(fit.target().height() - fit.scaledHeight()).isBetween(0, 31);
        BoundingBox box = new BoundingBox(width * 0.25f, height * 0.5f, width * 0.75f, height);
        BoundingBox back = fit.toSource(fit.toModel(box));
        assertThat(back.x1()).isCloseTo(box.x1(), offset(0.001f));
        assertThat(back.y2()).isCloseTo(box.y2(), offset(0.001f));
    }

    @Test
    void shouldKeepAFixedSizeForEveryFrame() {
        ImageSize size = new ImageSize(640, 384);
        InputSizing sizing = InputSizing.fixed(size);
        assertThat(sizing.isFitting()).isFalse();
        assertThat(sizing.sizeFor(10, 4000)).isSameAs(size);
        assertThat(sizing.hasSize(new ImageSize(384, 640))).isFalse();
    }

    @Test
    void shouldRefuseSidesThatAreNoMultiplesOfTheStride() {
        assertThatThrownBy(() -> InputSizing.fitting(650, 32)).hasMessageContaining("650");
        assertThatThrownBy(() -> InputSizing.fitting(0, 32)).isInstanceOf(IllegalArgumentException.class);
    }
}
