package io.helmwatch.postprocess.tracking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OverlapTest {

    @ParameterizedTest(name = "{0} {1} {2} {3} with margin {4}")
    @CsvSource({
        // Against the box 0, 0, 10, 20.
        "0, 0, 10, 20, 0, 1",
        "5, 0, 15, 20, 0, 0.3333333",
        "0, 10, 10, 30, 0, 0.3333333",
        "2, 4, 8, 14, 0, 0.3",
        "10, 0, 20, 20, 0, 0",
        "12, 0, 22, 20, 0, 0",
        "0, 25, 10, 45, 0, 0",
        "12, 25, 22, 45, 0, 0",
        // Enlarged by 2 on every side: 14 by 24 against 14 by 24, 2 wide.
        "12, 0, 22, 20, 2, 0.0769230",
        "0, 20, 10, 40, 2, 0.0909090"
    })
    void shouldDivideTheIntersectionByTheUnionOfTheEnlargedBoxes(
            float x1, float y1, float x2, float y2, double margin, double iou) {
        assertThat(Overlap.iou(0, 0, 10, 20, x1, y1, x2, y2, margin)).isCloseTo(iou, within(1e-6));
        assertThat(Overlap.iou(x1, y1, x2, y2, 0, 0, 10, 20, margin)).isCloseTo(iou, within(1e-6));
    }

    @ParameterizedTest
    @CsvSource({"5, 5, 5, 5", "0, 0, 0, 20"})
    void shouldBeZeroForBoxesWithoutAnArea(float x1, float y1, float x2, float y2) {
        assertThat(Overlap.iou(x1, y1, x2, y2, x1, y1, x2, y2, 0)).isZero();
    }
}
