package io.helmwatch.inference;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.vision.tensor.HostPredictions;
import io.helmwatch.vision.tensor.PredictionLayout;
import java.nio.FloatBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class NormalizedBoxesTest {

    @Test
    void shouldRefuseBoxesThatAreFractionsOfTheInput() {
        assertThatThrownBy(() -> NormalizedBoxes.refuse("site.onnx", boxes(0.5f, 1.02f)))
                .isInstanceOf(ModelException.class)
                .hasMessageContainingAll("site.onnx", "pixels", "normalised", "1.02");
    }

    @Test
    void shouldAcceptBoxesInPixelsAndOutputsThatShowNothing() {
        assertThatCode(() -> NormalizedBoxes.refuse("site.onnx", boxes(4, 636))).doesNotThrowAnyException();
        assertThatCode(() -> NormalizedBoxes.refuse("site.onnx", boxes(0, 0))).doesNotThrowAnyException();
    }

    /** Two rows; objectness and classes are 1, and are no coordinates. */
    private static HostPredictions boxes(float first, float last) {
        FloatBuffer rows =
                FloatBuffer.wrap(new float[] {first, first, 0, 0, 1, 1, 1, last, first, 0.1f * first, 0, 1, 1, 1});
        return new HostPredictions(new PredictionLayout(PredictionLayout.Kind.DECODED, 2, 2, List.of()), List.of(rows));
    }
}
