package io.helmwatch.postprocess.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CudaPostprocessorTest {

    @ParameterizedTest
    @ValueSource(floats = {0.001f, 0.25f, 0.5f, 0.9f, 0.999f})
    void shouldSkipSigmoidsOnlyBelowTheThreshold(float confidence) {
        float smallest = CudaPostprocessor.smallestLogit(confidence);

        assertThat(1 / (1 + Math.exp(-smallest))).isLessThan(confidence);
        assertThat(1 / (1 + Math.exp(-(smallest + 0.02)))).isGreaterThan(confidence);
    }

    @ParameterizedTest
    @ValueSource(floats = {0f, 1f})
    void shouldLetEverythingReachableThroughAtTheEnds(float confidence) {
        float smallest = CudaPostprocessor.smallestLogit(confidence);

        assertThat((float) (1 / (1 + Math.exp(-20)))).isEqualTo(1f);
        assertThat(smallest).isLessThan(20f);
        if (confidence == 0) {
            assertThat(smallest).isEqualTo(Float.NEGATIVE_INFINITY);
        }
    }
}
