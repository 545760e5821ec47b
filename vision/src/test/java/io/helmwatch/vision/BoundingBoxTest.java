package io.helmwatch.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BoundingBoxTest {

    @ParameterizedTest
    @CsvSource({
        "0, 0, 10, 10, 1",
        "5, 0, 15, 10, 0.333333",
        "2, 2, 4, 4, 0.04",
        "10, 0, 20, 10, 0",
        "20, 20, 30, 30, 0",
        "5, 5, 5, 5, 0",
    })
    void shouldComputeTheOverlapOfTwoBoxesInEitherOrder(float x1, float y1, float x2, float y2, double expected) {
        BoundingBox box = new BoundingBox(0, 0, 10, 10);
        BoundingBox other = new BoundingBox(x1, y1, x2, y2);

        assertThat(box.intersectionOverUnion(other)).isCloseTo(expected, within(1e-6));
        assertThat(other.intersectionOverUnion(box)).isCloseTo(expected, within(1e-6));
    }
}
