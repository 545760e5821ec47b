package io.helmwatch.inference.tensorrt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;

class TensorRtLibraryTest {

    @Test
    void shouldSayInOneLineWhyTensorRtIsNotUsed() {
        assumeTrue(TensorRtLibrary.problem().isPresent(), "this host has TensorRT, so there is no reason to read");

        assertThat(TensorRtLibrary.problem().orElseThrow())
                .startsWith("TensorRT could not be loaded: ")
                .doesNotContain("\n");
    }
}
